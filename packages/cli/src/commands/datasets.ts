import { createReadStream, createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { ObjectStoreConnector } from '@millrace/connectors'
import { ConfigError } from '@millrace/core'
import {
  type Comparison,
  checkEnvironment,
  createDatasetContract,
  type DatasetPlace,
  type EnvironmentStore,
  environmentStore,
  exportView,
  fetchDataset,
  listDatasets,
  openWorkDatabase,
  type PartitionFilter,
  readConstant,
} from '@millrace/pipelines'
import { readConnections } from '../config-file/config-file.ts'
import { type Context, exitCodes } from '../context.ts'
import { resolveConnector } from '../endpoint.ts'
import { printJson } from '../output/print-json.ts'
import { textTable } from '../output/table.ts'
import { localTime, zoneNote } from '../output/when.ts'

export interface StoreChoice {
  readonly store: string
  readonly environment?: string
  readonly branch?: string
}

export interface ListDatasets extends StoreChoice {
  readonly client?: string
  readonly brand?: string
  readonly json?: boolean
}

export async function listDatasetsOf(input: ListDatasets, context: Context): Promise<number> {
  const { client, brand, json } = input
  await using opened = await openStore(input, context)
  const scope = { ...opened, ...(client === undefined ? {} : { client }), ...(brand === undefined ? {} : { brand }) }
  const found = await listDatasets(opened.place, scope, context.signal)
  if (json) return printJson(found, context)
  const body = found.map(({ client: parent, brand: child, state, dataset, runs, publishedAt }) => [
    ...[`${parent}/${child}/${state}/${dataset}`, String(runs), localTime(publishedAt?.toISOString())],
  ])
  context.out(textTable(['dataset', 'runs', 'published'], body))
  context.err(zoneNote())
  return exitCodes.done
}

export interface FetchDataset extends StoreChoice {
  /** `client/brand/state/dataset` */
  readonly dataset: string
  readonly filter?: readonly string[]
  readonly columns?: readonly string[]
  readonly out?: string
  readonly format?: Format
}

type Format = 'csv' | 'ndjson' | 'parquet'

export async function fetchDatasetTo(input: FetchDataset, context: Context): Promise<number> {
  const { columns, out } = input
  const { signal } = context
  const format = input.format ?? formatOf(out)
  const filters = (input.filter ?? []).map(parseFilter)
  const [client = '', brand = '', state = '', dataset = '', ...more] = input.dataset.split('/')
  if (dataset === '' || more.length > 0) {
    throw new ConfigError('DATASET_NAME_INVALID', {
      message: `"${input.dataset}" names no dataset. Write its client, brand, state and name: acme/wonder/ingest/sales.`,
    })
  }
  await using opened = await openStore(input, context)
  const { environment, branch } = opened
  const contract = createDatasetContract({ environment, branch, client, brand, state, dataset })
  const place: DatasetPlace = { ...opened.place, contract }
  await using database = await openWorkDatabase()
  const fetched = await fetchDataset(place, database, 'data', { filters, signal, ...(columns && { columns }) })
  if (fetched.columns.length === 0) {
    throw new ConfigError('DATASET_NOT_PUBLISHED', {
      message: `Nothing is published at ${place.store.uri(`${place.prefix}${contract.key}`)}. List what there is with: millrace datasets ls`,
    })
  }
  await using file = await exportView(database, { view: 'data', columns: fetched.columns }, { format, signal })
  async function* content() {
    if (file.head !== '') yield Buffer.from(file.head)
    yield* createReadStream(file.path)
  }
  await (out === undefined
    ? pipeline(content, process.stdout, { end: false, signal })
    : writeFile(out, content, signal))
  context.err(`${fetched.rows} rows of ${fetched.runs} runs, from ${fetched.files} files of ${fetched.bytes} bytes.\n`)
  return exitCodes.done
}

/** The file is there when all of it is. */
async function writeFile(path: string, content: () => AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
  const unfinished = `${path}.${process.pid}.part`
  try {
    await pipeline(content, createWriteStream(unfinished), { signal })
    await rename(unfinished, path)
  } finally {
    await rm(unfinished, { force: true })
  }
}

interface OpenedStore extends AsyncDisposable {
  readonly place: EnvironmentStore
  readonly environment: string
  readonly branch: string
}

async function openStore(choice: StoreChoice, { secrets }: Context): Promise<OpenedStore> {
  const environment = checkEnvironment(choice.environment ?? (await readConstant('ENVIRONMENT')))
  const env = { ...process.env, MILLRACE_ENVIRONMENT: environment }
  const branch = choice.branch ?? (await readConstant('BRANCH_NAME', { env }))
  const bucketPrefix = await readConstant('BUCKET_PREFIX', { env })
  const resolved = await resolveConnector(choice.store, 'source', {
    connections: () => readConnections(undefined),
    secrets,
  })
  if (resolved.definition.kind !== 'object-store') {
    throw new ConfigError('CONNECTION_KIND', {
      message: `"${resolved.address}" is ${resolved.definition.title}, and datasets are in object stores and folders. Name one of them.`,
    })
  }
  const connector = resolved.create() as ObjectStoreConnector
  try {
    const place = environmentStore(connector, { environment, bucketPrefix })
    return { place, environment, branch, [Symbol.asyncDispose]: () => connector[Symbol.asyncDispose]() }
  } catch (error) {
    await connector[Symbol.asyncDispose]()
    throw error
  }
}

function parseFilter(text: string): PartitionFilter {
  const match = /^([^=!<>]+)(==|!=|>=|<=|>|<)(.*)$/s.exec(text)
  if (match === null) {
    throw new ConfigError('FILTER_INVALID', {
      message: `"${text}" is no filter. Write a partition, a comparison and values: "country==DE,FR", or country==["a, b"] for texts with commas.`,
    })
  }
  const [, partition = '', comparison, values = ''] = match
  return {
    partition: partition.trim(),
    comparison: comparison as Comparison,
    values: parseValues(values),
  }
}

/** Values with commas between them, null without quotes; or a JSON array, in which any text stands. */
function parseValues(text: string): PartitionFilter['values'] {
  const list = listOf(text)
  return list ?? text.split(',').map((value) => (value === 'null' ? null : value))
}

function listOf(text: string): PartitionFilter['values'] | undefined {
  if (!text.startsWith('[')) return undefined
  try {
    const list: unknown = JSON.parse(text)
    const isValue = (value: unknown) => value === null || ['string', 'number', 'boolean'].includes(typeof value)
    return Array.isArray(list) && list.every(isValue) ? list : undefined
  } catch {
    // A text that only begins like one.
    return undefined
  }
}

function formatOf(out: string | undefined): Format {
  const ending = /\.(csv|ndjson|parquet)$/.exec(out ?? '')?.[1]
  return ending === 'ndjson' || ending === 'parquet' ? ending : 'csv'
}
