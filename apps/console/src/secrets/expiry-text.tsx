import { Badge, Text } from '@mantine/core'
import { Moment } from '../ui/index.ts'

/** Until when a secret is good; says so where that is over. */
export function Expiry({ at }: { readonly at: string | null | undefined }) {
  if (at === undefined || at === null) {
    return (
      <Text span size="sm" c="dimmed">
        never
      </Text>
    )
  }
  const isOver = new Date(at).getTime() < Date.now()
  return (
    <>
      <Moment at={at} />{' '}
      {isOver && (
        <Badge color="red" variant="light">
          expired
        </Badge>
      )}
    </>
  )
}

/** Of a moment, the day that a form has. */
export function dayOf(at: string | null | undefined): string | undefined {
  if (at === undefined || at === null) return undefined
  const date = new Date(at)
  const two = (part: number) => `${part}`.padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}
