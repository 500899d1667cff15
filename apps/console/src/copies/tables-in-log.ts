import type { LogEntry } from '@millrace/client'

export interface TableState {
  readonly table: string
  readonly state: 'running' | 'done' | 'failed'
  readonly rows: number | undefined
}

/** How far each table of a copy is, from what the operator `transfer` writes to its log. */
export function tablesIn(entries: readonly LogEntry[]): readonly TableState[] {
  const tables = new Map<string, TableState>()
  for (const { text, fields, level } of entries) {
    const begun = /^(.+) goes to .+ in \d+ chunks/.exec(text)?.[1]
    const table = typeof fields?.table === 'string' ? fields.table : begun
    if (begun !== undefined && !tables.has(begun))
      tables.set(begun, { table: begun, state: 'running', rows: undefined })
    if (table === undefined) continue
    const rows = typeof fields?.rows === 'number' ? fields.rows : tables.get(table)?.rows
    const isDone = fields?.manifest !== undefined
    tables.set(table, { table, state: isDone ? 'done' : level === 'error' ? 'failed' : 'running', rows })
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
