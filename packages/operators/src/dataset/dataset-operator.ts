import { exportQuery, quoteName, quoteText } from '@millrace/connectors'
import { ConfigError, DataError } from '@millrace/core'
import {
  type DatasetPlace,
  fetchDataset,
  openWorkDatabase,
  publishDataset,
  type WorkDatabase,
} from '@millrace/pipelines'
import type { Json, TaskContext } from '@millrace/workflow'
import { DefinedOperator, type OperatorDefinition } from '../kit/definition.ts'
import { openConnection } from '../kit/open-connection.ts'
import { type DatasetConfig, type DatasetInput, datasetConfigSchema } from './config.ts'
import { type OpenedPlace, openPlace } from './open-place.ts'

export const datasetDefinition: OperatorDefinition = {
  name: 'dataset',
  title: 'Dataset',
  description:
    'Publishes what a query gives as a dataset: files of Parquet under the path of its client, brand and state, partitioned by the run. A run that is repeated replaces what it published, in one step. The query runs in DuckDB on the worker, over other datasets and queries on connections; it sees no files of the machine.',
  configSchema: datasetConfigSchema,
  output: '`{ dataset, rows, files, bytes, partitions }`; `dataset` is its address',
  example: {
    store: 'lake',
    client: 'acme',
    brand: 'wonder',
    state: 'ingest',
    dataset: 'daily_sales',
    inputs: {
      sales: {
        dataset: 'sales',
        state: 'raw',
        filters: [{ partition: '__metadata_run_id', comparison: '==', values: ['{{ run_id }}'] }],
      },
      shops: { connection: 'warehouse', sql: 'select id, country from shops' },
    },
    sql: 'select country, day, sum(amount) as amount from sales join shops on shops.id = sales.shop group by all',
    partitionBy: ['country'],
  },
}

export class DatasetOperator extends DefinedOperator<DatasetConfig> {
  constructor(config: DatasetConfig) {
    super(datasetDefinition, config)
  }

  protected async execute(config: DatasetConfig, context: TaskContext): Promise<Json> {
    const sql = config.sql ?? onlyInput(config)
    await using opened = await openPlace(context, config)
    await using database = await openWorkDatabase(context.scratch)
    for (const [name, input] of Object.entries(config.inputs)) {
      const rows = await readInput(name, input, config, { context, opened, database })
      context.log.info(`${name}: ${rows} rows.`)
      context.heartbeat()
    }
    const { run, signal } = context
    const published = await publishDataset(
      opened.place,
      { sql, database },
      {
        runId: run.id,
        // The engine gave this run its work: no other run is published here.
        runs: async (id) => (id === run.id ? { timestamp: run.logicalDate } : null),
        appVersion: run.version,
        partitionBy: config.partitionBy ?? [],
        signal,
      },
    )
    const { uri, rows, files, bytes, partitions, replaced } = published
    context.log.info(`${replaced ? 'Replaced' : 'Published'} ${rows} rows in ${files} files of ${bytes} bytes: ${uri}`)
    context.heartbeat({ done: rows, total: rows, unit: 'rows' })
    return { dataset: uri, rows, files, bytes, partitions }
  }
}

interface Surroundings {
  readonly context: TaskContext
  readonly opened: OpenedPlace
  readonly database: WorkDatabase
}

/** Makes an input a table or view of the database; returns how many rows it has. */
async function readInput(
  name: string,
  input: DatasetInput,
  { client, brand }: DatasetConfig,
  { context, opened, database }: Surroundings,
): Promise<number> {
  const { signal } = context
  if (input.dataset !== undefined && input.state !== undefined) {
    const { dataset, state, filters = [], columns } = input
    const place = opened.beside({ client: input.client ?? client, brand: input.brand ?? brand, state, dataset })
    const wanted = { filters, signal, ...(columns === undefined ? {} : { columns }) }
    const fetched = await fetchDataset(place, database, name, wanted)
    if (fetched.columns.length === 0) throw notPublished(place)
    return fetched.rows
  }
  await using connector = await openConnection(context, input.connection ?? '', 'table')
  await using file = await exportQuery(() => connector.openSource({ signal }), input.sql ?? '', {
    format: 'parquet',
    signal,
  })
  const read = `read_parquet(${quoteText(file.path)}, hive_partitioning = false)`
  await database.run(`create table ${quoteName(name)} as select * from ${read}`, signal)
  return file.rows ?? 0
}

function onlyInput({ inputs }: DatasetConfig): string {
  const [name, ...others] = Object.keys(inputs)
  if (name !== undefined && others.length === 0) return `select * from ${quoteName(name)}`
  throw new ConfigError('OPERATOR_INVALID', {
    message:
      'The configuration of the operator "dataset" is not valid: "/sql" says what is made of the inputs, and can be left out only where there is one.',
  })
}

function notPublished({ contract, store }: DatasetPlace): DataError {
  return new DataError('DATASET_NOT_PUBLISHED', {
    message: `Nothing of the dataset "${contract.dataset}" is published at ${store.uri(contract.key)}. Publish it first, or wait for it with a dataset_sensor.`,
    details: { dataset: contract.dataset, state: contract.state },
  })
}
