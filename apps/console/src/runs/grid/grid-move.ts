/** A cell: the row of a task from 0, or −1 for the run itself; the column of a run from 0. */
export interface GridPlace {
  readonly row: number
  readonly column: number
}

/** Where a key leads from a cell, or undefined when it leads nowhere. */
export function moved(
  { row, column }: GridPlace,
  { key, ctrlKey, metaKey }: { readonly key: string; readonly ctrlKey: boolean; readonly metaKey: boolean },
  { rows, columns, page }: { readonly rows: number; readonly columns: number; readonly page: number },
): GridPlace | undefined {
  const isFar = ctrlKey || metaKey
  const target = {
    ArrowUp: { row: isFar ? -1 : row - 1, column },
    ArrowDown: { row: isFar ? rows - 1 : row + 1, column },
    ArrowLeft: { row, column: isFar ? 0 : column - 1 },
    ArrowRight: { row, column: isFar ? columns - 1 : column + 1 },
    PageUp: { row: row - page, column },
    PageDown: { row: row + page, column },
    Home: { row: isFar ? -1 : row, column: 0 },
    End: { row: isFar ? rows - 1 : row, column: columns - 1 },
  }[key]
  if (target === undefined) return undefined
  return {
    row: Math.min(Math.max(target.row, -1), rows - 1),
    column: Math.min(Math.max(target.column, 0), columns - 1),
  }
}
