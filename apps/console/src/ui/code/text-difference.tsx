import { Text } from '@mantine/core'
import { useMemo } from 'react'
import styles from './code.module.css'
import { type DifferenceRow, differenceRows } from './difference-rows.ts'

interface TextDifferenceProps {
  readonly before: string
  readonly after: string
  /** What is compared: "Manifests of 1.0.0 and 1.1.0". */
  readonly label: string
}

const signs = {
  added: { sign: '+', spoken: 'added' },
  removed: { sign: '−', spoken: 'removed' },
  same: { sign: ' ', spoken: '' },
  gap: { sign: '⋯', spoken: '' },
} as const

/** Which lines differ between two texts. */
export function TextDifference({ before, after, label }: TextDifferenceProps) {
  const rows = useMemo(() => differenceRows(before, after), [before, after])
  if (rows.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        The texts are the same.
      </Text>
    )
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
    <section className={styles.code} tabIndex={0} aria-label={label}>
      <table className={styles.lines}>
        <tbody>
          {rows.map((row) => (
            <Row key={`${row.kind} ${row.before} ${row.after} ${row.text}`} row={row} />
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Row({ row: { kind, text, before, after } }: { readonly row: DifferenceRow }) {
  const { sign, spoken } = signs[kind]
  return (
    <tr className={styles.row} data-kind={kind}>
      <td className={styles.number}>{before}</td>
      <td className={styles.number}>{after}</td>
      <td className={styles.sign}>{spoken === '' ? sign : <span title={spoken}>{sign}</span>}</td>
      <td className={styles.line}>{text}</td>
    </tr>
  )
}
