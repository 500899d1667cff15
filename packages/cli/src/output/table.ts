import { printable } from './printable.ts'

/** Columns padded with spaces; numbers stand at the right. */
export function textTable(header: readonly string[], body: readonly (readonly string[])[]): string {
  const cells = [header, ...body].map((row) => row.map((cell) => printable(cell)))
  const widths = header.map((_, column) => Math.max(...cells.map((row) => width(row[column] ?? ''))))
  const right = header.map((_, column) => body.length > 0 && body.every((row) => /^[\d,.~-]*$/.test(row[column] ?? '')))
  const lines = cells.map((row) =>
    widths
      .map((size, column) => {
        const cell = row[column] ?? ''
        const space = ' '.repeat(Math.max(0, size - width(cell)))
        return right[column] ? space + cell : cell + space
      })
      .join('  ')
      .trimEnd(),
  )
  const rule = widths.map((size) => '─'.repeat(size)).join('  ')
  return `${[lines[0], rule, ...lines.slice(1)].join('\n')}\n`
}

function width(text: string): number {
  return [...text].length
}
