export const rowPx = 24
export const cellPx = 26
export const headPx = 76

/** Of the element of a cell, for `aria-activedescendant`. */
export function cellId(grid: string, row: number, column: number): string {
  return `${grid}-${row}-${column}`
}
