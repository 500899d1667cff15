import { z } from '@hono/zod-openapi'
import { type ConnectorKind, connectorDefinition, formatTableName, logicalTypeText } from '@millrace/connectors'
import { queryInteger, withoutNulls } from '@millrace/http'
import { text } from '../common-schemas.ts'
import type { ServerApi, UserPrincipal } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { missingConnection } from './change-connection.ts'
import { checkNewConfig } from './config.ts'
import { type PlaceRoutes, placeParams } from './connection-routes.ts'
import type { FindPlace } from './place.ts'
import { readValues } from './read-values.ts'
import { columnsSchema, givenConfigSchema, previewSchema, relationsSchema, testResultSchema } from './schemas.ts'
import { readConnection } from './store.ts'
import type { Trial, TrialAnswers } from './trial.ts'
import type { Trials } from './try-connection.ts'

const tag = 'connections'
const mostTables = 10_000

/** What the server itself tries with connections, for those who may change them. */
export function trialRoutesOf<Shape extends z.ZodRawShape>(
  api: ServerApi,
  context: ServerContext,
  trials: Trials,
  { path, name, access }: PlaceRoutes,
  shape: Shape,
  findPlace: FindPlace<z.output<z.ZodObject<Shape>>>,
): void {
  const { db } = context
  const { ofPlace, ofConnection } = placeParams(shape)
  type OfConnection = z.output<typeof ofConnection>
  const savedOne = async (
    caller: UserPrincipal,
    params: OfConnection,
  ): Promise<Pick<Trial, 'connections'> & { readonly kind: ConnectorKind }> => {
    const place = await findPlace(db, caller, params, 'write')
    const connection = await readConnection(db, place, params.connection)
    if (connection === null) throw missingConnection(params.connection)
    const { name, connector } = connection
    const { kind } = await connectorDefinition(connector)
    return { kind, connections: { [name]: { connector, values: await readValues(context, connection) } } }
  }

  api.endpoint(
    {
      ...{ method: 'post', path: `${path}/test`, operationId: `test${name}ConnectionConfig`, tag, access },
      summary: 'Whether the server can connect with settings that are not saved',
      params: ofPlace,
      body: givenConfigSchema,
      answers: { 200: testResultSchema },
    },
    async ({ principal, params, body, signal }) => {
      await findPlace(db, principal, params, 'write')
      const { definition, config, secrets } = await checkNewConfig(body)
      const given = { connector: definition.name, values: { ...config, ...secrets } }
      return { status: 200, body: await testResult(trials, { connections: { given } }, signal) }
    },
  )

  api.endpoint(
    {
      ...{ method: 'post', path: `${path}/{connection}/test`, operationId: `test${name}Connection`, tag, access },
      summary: 'Whether the server can connect',
      description: 'Tasks connect from where they run, which may be elsewhere.',
      params: ofConnection,
      answers: { 200: testResultSchema },
    },
    async ({ principal, params, signal }) => ({
      status: 200,
      body: await testResult(trials, await savedOne(principal, params), signal),
    }),
  )

  api.endpoint(
    {
      ...{ method: 'get', path: `${path}/{connection}/relations`, operationId: `list${name}ConnectionRelations` },
      ...{ tag, access },
      summary: 'Tables and files that there are',
      description: `At most ${mostTables}. With \`search\` those whose names hold the text, in whichever case.`,
      params: ofConnection,
      query: z.strictObject({ search: text(200).optional() }),
      answers: { 200: relationsSchema },
    },
    async ({ principal, params, query: { search = '' }, signal }) => {
      const question = { kind: 'relations', search, limit: mostTables } as const
      const saved = await savedOne(principal, params)
      const { tables, levels, cut, duration_ms } = await timed(trials.run({ ...saved, question }, signal))
      const relations = tables.map((table) => ({
        ...{ name: formatTableName(table), scope: [...table.scope], label: table.name },
        kind: saved.kind === 'object-store' ? ('file' as const) : ('table' as const),
      }))
      const body = { tables: relations.map(({ name }) => name), relations, levels: [...levels], cut, duration_ms }
      return { status: 200, body }
    },
  )

  api.endpoint(
    {
      ...{ method: 'get', path: `${path}/{connection}/relations/columns`, operationId: `list${name}ConnectionColumns` },
      ...{ tag, access },
      summary: 'Columns of a table, with their types and the primary key',
      params: ofConnection,
      query: z.strictObject({ table: text(1000).min(1) }),
      answers: { 200: columnsSchema },
    },
    async ({ principal, params, query: { table }, signal }) => {
      const saved = await savedOne(principal, params)
      const found = await timed(trials.run({ ...saved, question: { kind: 'columns', table } }, signal))
      const { primaryKey, estimatedRows, estimatedBytes, duration_ms } = found
      const columns = found.columns.map(({ name, sourceType, type, nullable }) => ({
        ...{ name, source_type: sourceType, type: logicalTypeText(type), nullable },
        ...(primaryKey.includes(name) ? { key: primaryKey.indexOf(name) + 1 } : {}),
      }))
      const size = withoutNulls({ estimated_rows: estimatedRows, estimated_bytes: estimatedBytes })
      return { status: 200, body: { columns, ...size, duration_ms } }
    },
  )

  api.endpoint(
    {
      ...{ method: 'get', path: `${path}/{connection}/relations/preview`, operationId: `preview${name}Connection` },
      ...{ tag, access },
      summary: 'First rows of a table, as text',
      description: 'In whichever order they come. Long values are cut off after 1000 characters.',
      params: ofConnection,
      query: z.strictObject({
        table: text(1000).min(1),
        limit: queryInteger({ minimum: 1, maximum: 1000, default: 20 }),
      }),
      answers: { 200: previewSchema },
    },
    async ({ principal, params, query: { table, limit }, signal }) => {
      const question = { kind: 'preview', table, limit } as const
      const saved = await savedOne(principal, params)
      const { columns, rows, cut, duration_ms } = await timed(trials.run({ ...saved, question }, signal))
      const copied = { columns: columns.map((column) => ({ ...column })), rows: rows.map((row) => [...row]) }
      return { status: 200, body: { ...copied, cut, duration_ms } }
    },
  )
}

async function testResult(trials: Trials, saved: Pick<Trial, 'connections'>, signal: AbortSignal) {
  const answer = await timed<TrialAnswers['test']>(trials.run({ ...saved, question: { kind: 'test' } }, signal))
  const { ok, message, serverVersion, duration_ms } = answer
  return { ok, message, duration_ms, ...(serverVersion === undefined ? {} : { server_version: serverVersion }) }
}

async function timed<Answer extends object>(work: Promise<Answer>): Promise<Answer & { duration_ms: number }> {
  const startedAt = performance.now()
  const answer = await work
  return { ...answer, duration_ms: Math.round(performance.now() - startedAt) }
}
