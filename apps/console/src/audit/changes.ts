/** A field of what was changed, with what it was and what it became; missing where it was not there. */
export interface Change {
  /** Dotted for fields within fields: `config.host`. */
  readonly field: string
  readonly before?: unknown
  readonly after?: unknown
}

type Row = Readonly<Record<string, unknown>>

/** What tells nothing of its own: it changes with everything else. */
const bookkeeping = ['updated_at', 'version', 'etag', 'xmin']

/** What differs between a row before and after. Of a row that was made or removed: all that it had. */
export function changesOf(before: Row | undefined, after: Row | undefined): readonly Change[] {
  const isUpdate = before !== undefined && after !== undefined
  return difference('', before ?? {}, after ?? {}).filter((change) =>
    isUpdate ? !bookkeeping.includes(change.field) : (change.before ?? change.after ?? null) !== null,
  )
}

function difference(prefix: string, before: Row, after: Row): Change[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return names.flatMap((name): Change[] => {
    const [was, is] = [before[name], after[name]]
    if (isRow(was) && isRow(is)) return difference(`${prefix}${name}.`, was, is)
    if (JSON.stringify(was) === JSON.stringify(is)) return []
    return [
      {
        field: `${prefix}${name}`,
        ...(name in before ? { before: was } : {}),
        ...(name in after ? { after: is } : {}),
      },
    ]
  })
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value in a line of a table. */
export function valueText(value: unknown): string {
  if (value === undefined) return 'not there'
  if (value === null) return 'nothing'
  if (value === '') return 'empty'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
