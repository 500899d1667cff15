import { structuredPatch } from 'diff'

export interface DifferenceRow {
  readonly kind: 'added' | 'removed' | 'same' | 'gap'
  readonly text: string
  /** Line numbers in the text before and after. */
  readonly before?: number
  readonly after?: number
}

const contextLines = 3

/** The lines in which two texts differ, with a few around them; `gap` says how many equal lines are left out. */
export function differenceRows(before: string, after: string): DifferenceRow[] {
  if (before === after) return []
  const { hunks } = structuredPatch('', '', before, after, '', '', { context: contextLines })
  const rows: DifferenceRow[] = []
  let next = 1
  const gap = (until: number) => {
    const count = until - next
    if (count > 0) rows.push({ kind: 'gap', text: count === 1 ? '1 equal line' : `${count} equal lines` })
  }
  for (const { oldStart, newStart, lines } of hunks) {
    gap(oldStart)
    let [old, fresh] = [oldStart, newStart]
    for (const line of lines) {
      const text = line.slice(1)
      if (line.startsWith('+')) rows.push({ kind: 'added', text, after: fresh++ })
      else if (line.startsWith('-')) rows.push({ kind: 'removed', text, before: old++ })
      else if (!line.startsWith('\\')) rows.push({ kind: 'same', text, before: old++, after: fresh++ })
    }
    next = old
  }
  gap(before.split('\n').length + 1)
  return rows
}
