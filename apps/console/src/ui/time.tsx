import { Text, Tooltip } from '@mantine/core'
import { useInterval } from '@mantine/hooks'
import { useState } from 'react'
import { durationText } from './duration-text.ts'

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' })
const near = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' })

/** A moment as people say it, "4 min ago"; with its exact time and zone where it is pointed at. */
export function Moment({ at }: { readonly at: string | undefined }) {
  const now = useNow(10_000)
  if (at === undefined)
    return (
      <Text span c="dimmed" inherit>
        –
      </Text>
    )
  const date = new Date(at)
  // The clock was looked at a while ago: what happened since is no future.
  const distance = (date.getTime() > now ? Date.now() : now) - date.getTime()
  const text =
    Math.abs(distance) > 22 * 3_600_000
      ? near.format(date)
      : distance >= 0
        ? distance < 5000
          ? 'just now'
          : `${durationText(Math.floor(distance / 1000) * 1000)} ago`
        : `in ${durationText(-distance)}`
  return (
    <Tooltip label={exact.format(date)}>
      <time dateTime={at} style={{ whiteSpace: 'nowrap' }}>
        {text}
      </time>
    </Tooltip>
  )
}

/** How long something took, or takes so far. */
export function Duration({ from, to }: { readonly from: string | undefined; readonly to: string | undefined }) {
  const now = useNow(to === undefined && from !== undefined ? 1000 : 60_000)
  if (from === undefined)
    return (
      <Text span c="dimmed" inherit>
        –
      </Text>
    )
  const end = to === undefined ? now : new Date(to).getTime()
  return (
    <span className="numeric" style={{ whiteSpace: 'nowrap' }}>
      {durationText(end - new Date(from).getTime())}
    </span>
  )
}

/** The clock, looked at every so many milliseconds. */
function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now())
  useInterval(() => setNow(Date.now()), everyMs, { autoInvoke: true })
  return now
}
