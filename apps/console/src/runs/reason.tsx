import { Text } from '@mantine/core'
import { withLocalTimes } from './with-local-times.ts'

/** Why something is in its state. */
export function Reason({ text }: { readonly text: string | undefined }) {
  if (text === undefined || text === '') return null
  return (
    <Text
      span
      size="sm"
      // In a narrow table a sentence keeps room for a few words; the table scrolls.
      style={{
        display: 'inline-block',
        minWidth: text.length > 24 ? 'min(200px, 45vw)' : undefined,
        overflowWrap: 'anywhere',
      }}
    >
      {withLocalTimes(text)}
    </Text>
  )
}
