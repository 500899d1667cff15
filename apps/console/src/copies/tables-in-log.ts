import type { LogEntry } from '@millrace/client'

/** What is done with a table: its rows are moved, both sides are compared, what was staged becomes visible. */
type TableStep = 'extract' | 'verify' | 'publish' | 'done' | 'failed'

const steps: readonly unknown[] = ['extract', 'verify', 'publish'] satisfies TableStep[]

export interface TableState {
  readonly table: string
  readonly state: TableStep
  readonly rows: number | undefined
}

/** How far each table of a copy is, from what the operator `transfer` writes to its log. */
export function tablesIn(entries: readonly LogEntry[]): readonly TableState[] {
  const tables = new Map<string, TableState>()
  for (const { text, fields, level } of entries) {
    const begun = /^(.+) goes to .+ in \d+ chunks/.exec(text)?.[1]
    const table = typeof fields?.table === 'string' ? fields.table : begun
    if (begun !== undefined && !tables.has(begun))
      tables.set(begun, { table: begun, state: 'extract', rows: undefined })
    if (table === undefined) continue
    const before = tables.get(table)
    const rows = typeof fields?.rows === 'number' ? fields.rows : before?.rows
    const step = steps.includes(fields?.phase) ? (fields?.phase as TableStep) : (before?.state ?? 'extract')
    const isDone = fields?.manifest !== undefined
    tables.set(table, { table, state: isDone ? 'done' : level === 'error' ? 'failed' : step, rows })
  }
  return [...tables.values()]
}

export function parseLog(text: string): readonly LogEntry[] {
  return text.split('\n').flatMap((line) => {
    try {
      const entry: unknown = JSON.parse(line)
      return typeof entry === 'object' && entry !== null && 'text' in entry ? [entry as LogEntry] : []
    } catch {
      // The last line may still be written.
      return []
    }
  })
}
