import { styleText } from 'node:util'

export function bold(text: string): string {
  return styleText('bold', text, { stream: process.stdout })
}

/** Rows as a table for people; numbers stand on the right. */
export function printTable(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const columns = Object.keys(rows[0] ?? {})
  const text = (value: unknown) => (value === null ? '' : String(value))
  const isNumber = (column: string) => rows.every((row) => /^-?\d+(\.\d+)?$/.test(text(row[column])))
  const widths = columns.map((column) => Math.max(column.length, ...rows.map((row) => text(row[column]).length)))
  const line = (cells: readonly string[]) =>
    columns
      .map((column, index) => {
        const width = widths[index] ?? 0
        return isNumber(column) ? cells[index]?.padStart(width) : cells[index]?.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  return [
    line(columns.map((column) => column.replaceAll('_', ' '))),
    line(widths.map((width) => '─'.repeat(width))),
    ...rows.map((row) => line(columns.map((column) => text(row[column])))),
  ].join('\n')
}
