import { parsePartitionPath } from '@millrace/connectors'
import type { EnvironmentStore } from './place.ts'
import { manifestName, runIdColumn } from './run-manifest.ts'

/** A dataset that something was published of. */
export interface ListedDataset {
  readonly client: string
  readonly brand: string
  readonly state: string
  readonly dataset: string
  readonly runs: number
  /** Of the last publish. */
  readonly publishedAt: Date | null
}

/** The datasets of a branch, and of one client or one of its brands where they are named, sorted by their keys. */
export async function listDatasets(
  { store, prefix }: EnvironmentStore,
  { branch, client, brand }: { readonly branch: string; readonly client?: string; readonly brand?: string },
  signal?: AbortSignal,
): Promise<readonly ListedDataset[]> {
  const root = `${prefix}${branch.toLowerCase()}`
  const narrowed = client === undefined ? [] : brand === undefined ? [client] : [client, brand]
  const folder = [root, ...narrowed.map((name) => name.toLowerCase())].join('/')
  const found = new Map<string, ListedDataset>()
  for await (const { key, modifiedAt } of store.list(folder, signal ? { signal } : {})) {
    const [parent, child, state, dataset, run, name, ...more] = key.slice(root.length + 1).split('/')
    if (name !== manifestName || more.length > 0 || !parent || !child || !state || !dataset) continue
    if (parsePartitionPath([run ?? ''])?.[0]?.name !== runIdColumn) continue
    const id = [parent, child, state, dataset].join('/')
    const known = found.get(id)
    const publishedAt = [known?.publishedAt ?? null, modifiedAt].reduce((a, b) =>
      a === null || (b !== null && b > a) ? b : a,
    )
    found.set(id, { client: parent, brand: child, state, dataset, runs: (known?.runs ?? 0) + 1, publishedAt })
  }
  return [...found.values()]
}
