/** A table as a transfer reports it. */
export interface LoadedTable {
  readonly table: string
  readonly target: string
  readonly rows: number
  readonly durationMs: number | null
  /** How equality of both sides was proven. */
  readonly proof: string | null
}

/** The tables in the output of a transfer; none in any other output. */
export function loadedTables(output: unknown): readonly LoadedTable[] {
  const tables = isObject(output) && Array.isArray(output.tables) ? output.tables : []
  const found = tables.flatMap((table) =>
    isObject(table) &&
    typeof table.table === 'string' &&
    typeof table.target === 'string' &&
    typeof table.rows === 'number'
      ? [
          {
            ...{ table: table.table, target: table.target, rows: table.rows },
            durationMs: typeof table.durationMs === 'number' ? table.durationMs : null,
            proof: typeof table.proof === 'string' ? table.proof : null,
          },
        ]
      : [],
  )
  return found.length === tables.length ? found : []
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
