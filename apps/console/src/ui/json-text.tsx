import { Code } from '@mantine/core'

/** A value as indented JSON, as text: nothing in it becomes markup. */
export function JsonText({ value, label }: { readonly value: unknown; readonly label: string }) {
  return (
    <Code block tabIndex={0} aria-label={label} mah={480} style={{ overflow: 'auto' }}>
      {JSON.stringify(value, null, 2) ?? 'nothing'}
    </Code>
  )
}
