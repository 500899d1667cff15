import { z } from '@hono/zod-openapi'
import { invalid, notFound, queryInteger } from '@millrace/http'
import { datasetFormats, findConnection, readValues, type Trials } from '../connections/index.ts'
import { ulidText } from '../ids.ts'
import type { ServerApi, UserPrincipal } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { expectPart } from './access.ts'
import { sendFile } from './dataset-file.ts'
import {
  datasetRowsSchema,
  datasetSchema,
  filtersText,
  presentDataset,
  presentStored,
  storedDatasetSchema,
} from './dataset-schemas.ts'
import { datasetsOf, listPublished, type PublishedRow } from './dataset-store.ts'
import { findPipeline } from './pipeline-store.ts'
import { idParams } from './schemas.ts'
import { withTemporaryFolder } from './temporary-folder.ts'

const tag = 'pipelines'
const path = '/api/pipelines/{id}/datasets'
const ofDataset = z.strictObject({ id: ulidText, transformation: ulidText })

const mostRuns = 100
/** Fetched to look for rows. */
const mostBytesSearched = 50e6
/** In the store, where it is compressed. */
const mostBytesDownloaded = 250e6
const rowsTimeoutMs = 50_000
const downloadTimeoutMs = 170_000

/** What runs of a pipeline published, read where it is stored. */
export function datasetRoutes(api: ServerApi, context: ServerContext, trials: Trials): void {
  const { db, settings, workflowAccess } = context

  const lastPublished = async (
    caller: UserPrincipal,
    id: string,
    transformation: string,
  ): Promise<PublishedRow & { readonly projectId: string; readonly dataset: string }> => {
    // Members see data, as they see what runs print; that a project is public does not show it.
    const row = await expectPart(context, db, caller, 'read_children', {
      row: await findPipeline(db, id),
      noun: 'pipeline',
      id,
    })
    const dataset = datasetsOf(context, row).find(({ transformationId }) => transformationId === transformation)
    if (dataset === undefined) {
      throw notFound(
        'DATASET_MISSING',
        `Pipeline "${row.name}" has no transformation ${transformation} that publishes a dataset.`,
      )
    }
    const published = (await listPublished(db, row, workflowAccess.condition(caller))).find(
      ({ transformationId }) => transformationId === transformation,
    )
    if (published !== undefined) return { ...published, projectId: row.project_id, dataset: dataset.dataset }
    throw notFound(
      'DATASET_NOT_PUBLISHED',
      `No run of pipeline "${row.name}" has published the dataset "${dataset.dataset}" yet. Run the pipeline first.`,
    )
  }

  const connectionOf = async ({ projectId, store }: { readonly projectId: string; readonly store: string }) => {
    const found = await findConnection(db, projectId, store)
    if (found === null) {
      throw invalid(
        'CONNECTION_UNKNOWN',
        `There is no connection "${store}" for tasks of this project any more, by which the dataset was published. Save one of this name again.`,
      )
    }
    return { [store]: { connector: found.connector, values: await readValues({ db, settings }, found) } }
  }

  api.endpoint(
    {
      ...{ method: 'get', path, operationId: 'listPipelineDatasets', tag, access: 'open' },
      summary: 'Datasets that a pipeline publishes, with what was published last',
      params: idParams,
      answers: { 200: z.array(datasetSchema) },
    },
    async ({ principal, params: { id } }) => {
      const row = await expectPart(context, db, principal, 'read', {
        row: await findPipeline(db, id),
        noun: 'pipeline',
        id,
      })
      const published = await listPublished(db, row, workflowAccess.condition(principal))
      const body = datasetsOf(context, row).map((one) =>
        presentDataset(
          one,
          published.find(({ transformationId }) => transformationId === one.transformationId),
        ),
      )
      return { status: 200, body }
    },
  )

  api.endpoint(
    {
      ...{ method: 'get', path: `${path}/{transformation}`, operationId: 'getPipelineDataset', tag, access: 'user' },
      summary: 'What is stored of a dataset: its columns, and the runs whose data are there',
      description: 'Read from the store by the connection of the last publish; members of the project only.',
      params: ofDataset,
      answers: { 200: storedDatasetSchema },
    },
    async ({ principal, params: { id, transformation }, signal }) => {
      const published = await lastPublished(principal, id, transformation)
      const connections = await connectionOf(published)
      const question = { kind: 'dataset', address: published.address, mostRuns } as const
      return { status: 200, body: presentStored(await trials.run({ connections, question }, signal)) }
    },
  )

  api.endpoint(
    {
      ...{ method: 'get', path: `${path}/{transformation}/rows`, operationId: 'listPipelineDatasetRows', tag },
      access: 'user',
      summary: 'First rows of a dataset as text, those of the newest runs first',
      description: `Long values are cut off after 1000 characters. With filters on columns that are no partitions, the newest ${mostBytesSearched / 1e6} MB are searched; \`searched\` and \`wanted\` differ when there is more.`,
      params: ofDataset,
      query: z.strictObject({ filters: filtersText, limit: queryInteger({ minimum: 1, maximum: 1000, default: 50 }) }),
      answers: { 200: datasetRowsSchema },
    },
    async ({ principal, params: { id, transformation }, query: { filters, limit }, signal }) => {
      const published = await lastPublished(principal, id, transformation)
      const connections = await connectionOf(published)
      const question = {
        kind: 'dataset-rows',
        address: published.address,
        filters,
        limit,
        mostBytes: mostBytesSearched,
      } as const
      const found = await withTemporaryFolder(
        async (folder) => await trials.run({ connections, question }, signal, { folder, timeoutMs: rowsTimeoutMs }),
      )
      const { columns, rows, cut, searched, wanted } = found
      const body = { columns: columns.map((column) => ({ ...column })), rows: rows.map((row) => [...row]), cut }
      return { status: 200, body: { ...body, searched: { ...searched }, wanted: { ...wanted } } }
    },
  )

  api.endpoint(
    {
      ...{ method: 'get', path: `${path}/{transformation}/file`, operationId: 'downloadPipelineDataset', tag },
      access: 'user',
      summary: 'Rows of a dataset as a file',
      description: `All of them that the filters want, of ${mostBytesDownloaded / 1e6} MB of files in the store at most: \`millrace datasets fetch\` has no such limit.`,
      params: ofDataset,
      query: z.strictObject({ filters: filtersText, format: z.enum(datasetFormats).default('csv') }),
      answers: { 200: { contentType: 'application/octet-stream' } },
      timeoutSeconds: downloadTimeoutMs / 1000 + 10,
    },
    async ({ principal, params: { id, transformation }, query: { filters, format }, signal }) => {
      const published = await lastPublished(principal, id, transformation)
      const connections = await connectionOf(published)
      const { address } = published
      const question = { kind: 'dataset-file', address, filters, format, mostBytes: mostBytesDownloaded } as const
      const name = `${address.split('/').at(-1)}.${format}`
      const response = await sendFile(
        { name, format },
        async (folder) => await trials.run({ connections, question }, signal, { folder, timeoutMs: downloadTimeoutMs }),
      )
      return { response }
    },
  )
}
