import { Tooltip } from '@mantine/core'

const short = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' })

/** A moment by the calendar, as the date that a run stands for; with its zone where it is pointed at. */
export function DateTime({ at }: { readonly at: string }) {
  const date = new Date(at)
  return (
    <Tooltip label={exact.format(date)}>
      <time dateTime={at} style={{ whiteSpace: 'nowrap' }}>
        {short.format(date)}
      </time>
    </Tooltip>
  )
}
