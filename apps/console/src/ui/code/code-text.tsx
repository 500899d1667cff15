import { Box } from '@mantine/core'
import { CopyText } from '../copy-text.tsx'
import styles from './code.module.css'

interface CodeTextProps {
  readonly text: string
  /** What it is: "Manifest of version 2". */
  readonly label: string
}

/** Lines of code or commands as they are, with a button that copies them. */
export function CodeText({ text, label }: CodeTextProps) {
  return (
    <Box pos="relative">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys */}
      <section className={styles.code} tabIndex={0} aria-label={label}>
        <pre className={styles.text}>{text}</pre>
      </section>
      <Box pos="absolute" top={6} right={6}>
        <CopyText value={text} label={`Copy: ${label}`} />
      </Box>
    </Box>
  )
}
