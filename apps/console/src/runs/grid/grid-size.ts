export const rowPx = 24
export const cellPx = 26
export const headPx = 76
export const markPx = 18

/** Of the element of the active cell, for `aria-activedescendant`. */
export function cellId(grid: string, row: number, column: number): string {
  return `${grid}-${row}-${column}`
}
