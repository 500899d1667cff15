import { Code, Group } from '@mantine/core'
import { CopyText } from '../../ui/index.ts'
import styles from './first-use.module.css'

/** Lines to paste into a shell. */
export function Commands({ lines, label }: { readonly lines: readonly string[]; readonly label: string }) {
  const text = lines.join('\n')
  return (
    <Group gap={4} align="flex-start" wrap="nowrap">
      <Code block flex={1} tabIndex={0} aria-label={label} className={styles.code}>
        {text}
      </Code>
      <CopyText value={text} label={`Copy: ${label}`} />
    </Group>
  )
}
