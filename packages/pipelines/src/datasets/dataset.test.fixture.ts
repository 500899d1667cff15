import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createConnector, type ObjectStore, type ObjectStoreConnector, type Row } from '@millrace/connectors'
import { afterAll, beforeAll } from 'vitest'
import {
  createDatasetContract,
  type DatasetContent,
  type DatasetPlace,
  environmentStore,
  type FetchOptions,
  fetchDataset,
  openWorkDatabase,
  type PublishOptions,
  publishDataset,
} from '../index.ts'

/** Runs that there are in tests: all whose id is not `unknown`. */
export const runs: PublishOptions['runs'] = async (id) =>
  id === 'unknown' ? null : { timestamp: new Date('2024-01-02T03:04:05Z') }

/** Datasets in a folder that goes after the tests of the file. */
export function useDatasets(): (dataset: string, store?: ObjectStore) => DatasetPlace {
  let folder = ''
  let connector: ObjectStoreConnector
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    connector = (await createConnector('files', { path: `${folder}/` })) as ObjectStoreConnector
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  return (dataset, store) => ({
    ...environmentStore(connector, { environment: 'dev' }),
    ...(store === undefined ? {} : { store, prefix: '' }),
    contract: createDatasetContract({
      ...{ environment: 'dev', branch: 'test-branch', client: 'acme', brand: 'wonder', state: 'ingest' },
      dataset,
    }),
  })
}

export async function publish(
  place: DatasetPlace,
  runId: string,
  content: DatasetContent | readonly Readonly<Record<string, string | number | boolean | null | bigint | Date>>[],
  options: Partial<PublishOptions> = {},
) {
  return await publishDataset(place, 'length' in content ? { rows: content } : content, { runId, runs, ...options })
}

/** The rows that are fetched, by a query over the view `data`; without a query all, without metadata but the run id. */
export async function fetchRows(
  place: DatasetPlace,
  { query, ...options }: FetchOptions & { readonly query?: string } = {},
): Promise<readonly Row[]> {
  await using database = await openWorkDatabase()
  const fetched = await fetchDataset(place, database, 'data', options)
  if (fetched.columns.length === 0) return []
  const sql =
    query ?? "select columns(c -> not starts_with(c, '__metadata') or c = '__metadata_run_id') from data order by all"
  return await database.connector.query(sql)
}

/** A store that stands for a process which is killed at its n-th change, before or after that took effect. */
export function dyingStore(store: ObjectStore, at: number, when: 'before' | 'after') {
  const died = new Error('killed')
  let changes = 0
  let dead = false
  const change = async <T>(work: () => Promise<T>): Promise<T> => {
    if (dead) throw died
    dead = ++changes === at
    if (dead && when === 'before') throw died
    const result = await work()
    if (dead) throw died
    return result
  }
  const alive = async <T>(work: () => Promise<T>): Promise<T> => {
    if (dead) throw died
    return await work()
  }
  const dying: ObjectStore = {
    ...store,
    write: (...given) => change(() => store.write(...given)),
    rm: (...given) => change(() => store.rm(...given)),
    ls: (...given) => alive(() => store.ls(...given)),
    stat: (...given) => alive(() => store.stat(...given)),
  }
  return { store: dying, changes: () => changes, dead: () => dead }
}
