import { type Connector, type ObjectStoreConnector, previewRelation } from '@millrace/connectors'
import { ConfigError } from '@millrace/core'
import {
  countDataset,
  type DatasetPlace,
  describeDataset,
  exportView,
  fetchDataset,
  openWorkDatabase,
  publishedPlace,
  splitFilters,
  type WorkDatabase,
} from '@millrace/pipelines'
import type { DatasetQuestion, TrialAnswers } from './trial.ts'

/** Of one value. */
const maxCharacters = 1000

type Asked<Kind extends DatasetQuestion['kind']> = Extract<DatasetQuestion, { readonly kind: Kind }>

/** Looks at a dataset where it is stored, and never writes there. */
export async function askDataset(
  connector: Connector,
  question: DatasetQuestion,
): Promise<TrialAnswers[DatasetQuestion['kind']]> {
  const { kind, title } = connector.definition
  if (kind !== 'object-store') {
    throw new ConfigError('CONNECTION_KIND', {
      message: `The connection leads to ${title}, and datasets are in object stores and folders.`,
    })
  }
  const place = publishedPlace(connector as ObjectStoreConnector, question.address)
  if (question.kind === 'dataset') return await describeDataset(place, { mostRuns: question.mostRuns })
  await using database = await openWorkDatabase()
  return question.kind === 'dataset-rows'
    ? await firstRows(place, database, question)
    : await fileOf(place, database, question)
}

async function firstRows(
  place: DatasetPlace,
  database: WorkDatabase,
  { filters, limit, mostBytes }: Asked<'dataset-rows'>,
): Promise<TrialAnswers['dataset-rows']> {
  const { partitions, condition } = splitFilters(filters, await describeDataset(place, { mostRuns: 1 }))
  // Rows that a condition holds for can be in any of the files.
  const most = condition === null ? { rows: limit + 1, bytes: mostBytes } : { bytes: mostBytes }
  const fetched = await fetchDataset(place, database, 'data', { filters: partitions, most })
  if (fetched.columns.length === 0) throw notPublished(place)
  const relation = { kind: 'query', sql: `select * from data where ${condition ?? 'true'}` } as const
  const source = await database.connector.openSource()
  const preview = await previewRelation(source, relation, {
    limit,
    maxCharacters,
    signal: new AbortController().signal,
  })
  const isWhole = fetched.files === fetched.wanted.files
  return {
    ...preview,
    cut: preview.cut || (condition === null && !isWhole),
    searched: { rows: fetched.rows, runs: fetched.runs },
    wanted: { rows: fetched.wanted.rows, runs: fetched.wanted.runs },
  }
}

/** @throws ConfigError `DATASET_TOO_LARGE`, before anything is fetched */
async function fileOf(
  place: DatasetPlace,
  database: WorkDatabase,
  { filters, format, mostBytes }: Asked<'dataset-file'>,
): Promise<TrialAnswers['dataset-file']> {
  const { partitions, condition } = splitFilters(filters, await describeDataset(place, { mostRuns: 1 }))
  const { bytes } = await countDataset(place, partitions)
  if (bytes > mostBytes) throw tooLarge(bytes, mostBytes)
  const fetched = await fetchDataset(place, database, 'data', { filters: partitions })
  if (fetched.columns.length === 0) throw notPublished(place)
  const { path, head, rows } = await exportView(
    database,
    { view: 'data', columns: fetched.columns },
    { format, condition },
  )
  return { path, head, rows: rows ?? 0 }
}

function notPublished({ contract, store }: DatasetPlace): ConfigError {
  return new ConfigError('DATASET_NOT_PUBLISHED', {
    message: `Nothing of the dataset "${contract.dataset}" is at ${store.uri(contract.key)} any more. Run the pipeline again to publish it.`,
  })
}

function tooLarge(bytes: number, mostBytes: number): ConfigError {
  const megabytes = (count: number) => Math.round(count / 1e6)
  return new ConfigError('DATASET_TOO_LARGE', {
    message: `The files of these rows have ${megabytes(bytes)} MB, and ${megabytes(mostBytes)} MB can be downloaded at once. Filter by a run or another partition, or fetch them by the command "millrace datasets fetch".`,
    details: { bytes, mostBytes },
  })
}
