/** What is copied from the source. */
export type SourceKind = 'tables' | 'query' | 'files'
export type Mode = 'replace' | 'append' | 'merge' | 'insert-only'

/** A copy as the form holds it. Empty texts are what was not said. */
export interface CopyDraft {
  readonly source: string
  readonly kind: SourceKind
  /** Names, or patterns such as `sales.*`. */
  readonly tables: readonly string[]
  readonly query: string
  readonly path: string
  readonly destination: string
  /** Name of the table there, or a pattern with `{schema}` and `{table}`. */
  readonly table: string
  readonly toPath: string
  readonly format: '' | 'csv' | 'ndjson' | 'parquet'
  readonly mode: Mode
  readonly key: readonly string[]
  readonly cursor: string
  readonly lookback: string
  readonly verify: 'none' | 'count' | 'content'
  readonly contract: 'evolve' | 'freeze' | 'discard'
  readonly onUnrepresentable: 'error' | 'null' | 'text'
  readonly allowEmpty: boolean
  readonly parallel: number
  /** What the form does not show, and keeps. */
  readonly others: { readonly top: object; readonly from: object; readonly to: object }
}

export const emptyDraft: CopyDraft = {
  source: '',
  kind: 'tables',
  tables: [],
  query: '',
  path: '',
  destination: '',
  table: '',
  toPath: '',
  format: '',
  mode: 'replace',
  key: [],
  cursor: '',
  lookback: '',
  verify: 'count',
  contract: 'evolve',
  onUnrepresentable: 'error',
  allowEmpty: false,
  parallel: 1,
  others: { top: {}, from: {}, to: {} },
}

/** The configuration of the transfer, without what is as it would be anyway. */
export function configOf(draft: CopyDraft, isFiles: boolean): Record<string, unknown> {
  const { kind, tables, mode, key, cursor, others } = draft
  const from = {
    ...others.from,
    connection: draft.source,
    ...(kind === 'tables' && tables.length === 1 && !isPattern(tables[0]) ? { table: tables[0] } : {}),
    ...(kind === 'tables' && (tables.length > 1 || isPattern(tables[0])) ? { tables } : {}),
    ...(kind === 'query' ? { query: draft.query } : {}),
    ...(kind === 'files' && draft.path !== '' ? { path: draft.path } : {}),
  }
  const to = {
    ...others.to,
    connection: draft.destination,
    ...(isFiles
      ? { ...said('path', draft.toPath), ...said('format', draft.format) }
      : { ...said('table', draft.table) }),
  }
  const lookback = Number(draft.lookback)
  return {
    ...others.top,
    from,
    to,
    // With a cursor the mode follows from the key, unless it is said.
    ...(mode === 'replace' && cursor === '' ? {} : { mode }),
    ...(key.length === 0 || mode === 'replace' || mode === 'append' ? {} : { key }),
    ...said('cursor', cursor),
    ...(cursor === '' || draft.lookback === '' || !(lookback > 0) ? {} : { lookback }),
    ...(draft.verify === 'count' ? {} : { verify: draft.verify }),
    ...(draft.contract === 'evolve' ? {} : { contract: draft.contract }),
    ...(draft.onUnrepresentable === 'error' ? {} : { onUnrepresentable: draft.onUnrepresentable }),
    ...(draft.allowEmpty ? { allowEmpty: true } : {}),
    ...(draft.parallel === 1 ? {} : { parallel: draft.parallel }),
  }
}

/** The form of a saved configuration. */
export function draftOf(config: Readonly<Record<string, unknown>>): CopyDraft {
  const { from: givenFrom, to: givenTo, mode, key, cursor, lookback, verify, contract, ...rest } = config
  const { onUnrepresentable, allowEmpty, parallel, ...top } = rest
  const { connection: source, table: one, tables, query, path, ...from } = (givenFrom ?? {}) as Record<string, unknown>
  const { connection: destination, table, path: toPath, format, ...to } = (givenTo ?? {}) as Record<string, unknown>
  return {
    source: textOf(source),
    kind: query !== undefined ? 'query' : path !== undefined ? 'files' : 'tables',
    tables: one !== undefined ? [textOf(one)] : listOf(tables),
    query: textOf(query),
    path: textOf(path),
    destination: textOf(destination),
    table: textOf(table),
    toPath: textOf(toPath),
    format: textOf(format) as CopyDraft['format'],
    mode: modeOf(mode, { hasCursor: cursor !== undefined, hasKey: key !== undefined }),
    key: typeof key === 'string' ? [key] : listOf(key),
    cursor: textOf(cursor),
    lookback: textOf(lookback),
    verify: (verify ?? 'count') as CopyDraft['verify'],
    contract: (contract ?? 'evolve') as CopyDraft['contract'],
    onUnrepresentable: (onUnrepresentable ?? 'error') as CopyDraft['onUnrepresentable'],
    allowEmpty: allowEmpty === true,
    parallel: typeof parallel === 'number' ? parallel : 1,
    others: { top, from, to },
  }
}

/** What is still needed before it can be planned, as a sentence; undefined: nothing. */
export function missingOf(draft: CopyDraft, isFiles: boolean): string | undefined {
  if (draft.source === '') return 'Choose a source.'
  if (draft.kind === 'tables' && draft.tables.length === 0) return 'Choose at least one table.'
  if (draft.kind === 'query' && draft.query.trim() === '') return 'Write a query.'
  if (draft.destination === '') return 'Choose a destination.'
  if (isFiles && draft.toPath === '') return 'Say which file or folder is written.'
  if (!isFiles && draft.kind !== 'tables' && draft.table === '') return 'Name the table at the destination.'
  return undefined
}

/** A name for it that is legal, to begin with. */
export function suggestedName({ kind, tables, destination, table, path }: CopyDraft): string {
  const what = kind === 'tables' ? (tables.length === 1 ? tables[0] : '') : kind === 'files' ? path : table
  const part = (what ?? '').split(/[./]/).findLast((one) => one !== '' && !/^(csv|ndjson|jsonl|parquet|gz)$/.test(one))
  return `${part ?? (tables.length > 1 ? 'tables' : 'copy')}-to-${destination}`
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .replaceAll(/^[^a-z0-9]+|-+$/g, '')
    .slice(0, 90)
}

export function isPattern(table: string | undefined): boolean {
  return table?.includes('*') ?? false
}

function said(name: string, value: string): Record<string, string> {
  return value === '' ? {} : { [name]: value }
}

function textOf(value: unknown): string {
  return value === undefined || value === null ? '' : String(value)
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function modeOf(mode: unknown, { hasCursor, hasKey }: { readonly hasCursor: boolean; readonly hasKey: boolean }): Mode {
  const old: Readonly<Record<string, Mode>> = { OVERWRITE: 'replace', APPEND: 'append', MERGE: 'merge' }
  if (typeof mode === 'string') return old[mode] ?? (mode as Mode)
  if (!hasCursor) return 'replace'
  return hasKey ? 'merge' : 'append'
}
