import { Text } from '@mantine/core'
import { withLocalTimes } from './with-local-times.ts'

/** Why something is in its state. */
export function Reason({ text }: { readonly text: string | undefined }) {
  if (text === undefined || text === '') return null
  return (
    <Text span size="sm" style={{ overflowWrap: 'anywhere' }}>
      {withLocalTimes(text)}
    </Text>
  )
}
