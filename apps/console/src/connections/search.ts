import { pageSearch } from '../ui/index.ts'

type Given = Record<string, unknown>

function texts<Name extends string>(search: Given, ...names: Name[]): { [name in Name]?: string } {
  const kept = names.flatMap((name) => (typeof search[name] === 'string' ? [[name, search[name]]] : []))
  return Object.fromEntries(kept) as { [name in Name]?: string }
}

/** Of the page of all connections: its open part, and the filters of each. */
export interface ConnectionsSearch {
  readonly page?: number
  readonly tab?: string
  /** Of connections. */
  readonly q?: string
  readonly connector?: string
  /** Of the catalogue. */
  readonly search?: string
  readonly kind?: string
}

export function connectionsSearch(search: Given): ConnectionsSearch {
  return { ...pageSearch(search), ...texts(search, 'tab', 'q', 'connector', 'search', 'kind') }
}

export function newConnectionSearch(search: Given) {
  return texts(search, 'connector', 'search', 'kind')
}

/** Of the page of one connection: its open part, the table that is looked at, and how much of it. */
export function connectionSearch(search: Given): { tab?: string; table?: string; find?: string; rows?: number } {
  const rows = Number(search.rows)
  const isFine = Number.isInteger(rows) && rows > 0 && rows <= 1000
  return { ...texts(search, 'tab', 'table', 'find'), ...(isFine ? { rows } : {}) }
}
