import { connectorDefinition } from '@millrace/connectors'
import { closestName } from '@millrace/core'
import type { Queryable } from '@millrace/db'
import { HttpError } from '@millrace/http'
import { type PlanProblem, type TransferTaskPlan, transferProblems } from '@millrace/operators'
import type { Json } from '@millrace/workflow'
import { findConnection, listUsableNames, readValues, type Trials, type TriedConnection } from '../connections/index.ts'
import type { ServerContext } from '../server-context.ts'
import { readVariables } from './store.ts'

const mostTables = 200
const fromPath = '/from/connection'

type Config = { readonly [field: string]: Json }

/**
 * Everything about a configuration that can be told without its databases: its form, and connections that the project's tasks
 * cannot get.
 */
export async function copyProblems(db: Queryable, project: string, config: Config): Promise<readonly PlanProblem[]> {
  const problems = transferProblems(config)
  if (problems.length > 0) return problems
  const known = await listUsableNames(db, project)
  return endsOf(config).flatMap(({ path, name }) => {
    if (known.includes(name) || isTemplate(name)) return []
    const nearest = closestName(name, known)
    const hint = nearest
      ? `Did you mean "${nearest}"?`
      : 'Save it first, in the project, its namespace or the platform.'
    return [
      {
        code: 'CONNECTION_UNKNOWN',
        message: `There is no connection "${name}" for tasks of this project. ${hint}`,
        path,
      },
    ]
  })
}

/**
 * What a copy would do. The databases are asked in a process of its own, with the connections as a task of the project
 * would get them; nothing is written.
 *
 * @throws HttpError as `Trials.run`, but for what this server may not try: that is a problem of the plan
 */
export async function planCopy(
  { db, settings }: Pick<ServerContext, 'db' | 'settings'>,
  trials: Trials,
  { project, config, timeoutMs }: { readonly project: string; readonly config: Config; readonly timeoutMs: number },
  signal: AbortSignal,
): Promise<TransferTaskPlan> {
  const problems = await copyProblems(db, project, config)
  if (problems.length > 0) return refused(problems)
  const connections = new Map<string, TriedConnection>()
  for (const { path, name } of endsOf(config)) {
    if (isTemplate(name)) {
      const message = `The connection "${name}" is known only when the copy runs. Name one to see the plan.`
      return refused([{ code: 'CONNECTION_TEMPLATE', message, path }])
    }
    const found = await findConnection(db, project, name)
    if (found === null) continue
    const { connector } = found
    if (path === fromPath && !settings.localConnections && (await queriesFiles(config, connector))) {
      const message =
        'This server runs no queries over files for its users, so it cannot plan this copy; tasks can run it.'
      return refused([{ code: 'CONNECTION_LOCAL', message, path: '/from/query' }])
    }
    connections.set(name, { connector, values: await readValues({ db, settings }, found) })
  }
  const variables = (await readVariables(db, project)) as Readonly<Record<string, Json>>
  const question = { kind: 'plan', config, variables, mostTables } as const
  try {
    return await trials.run({ connections: Object.fromEntries(connections), question }, signal, { timeoutMs })
  } catch (error) {
    if (!(error instanceof HttpError) || error.detail !== 'CONNECTION_LOCAL') throw error
    return refused([{ code: 'CONNECTION_LOCAL', message: error.message, path: '' }])
  }
}

function refused(problems: readonly PlanProblem[]): TransferTaskPlan {
  return { tables: [], moreTables: 0, problems }
}

/** Of a configuration that its schema holds for. */
function endsOf({ from, to }: Config): readonly { readonly path: string; readonly name: string }[] {
  const nameOf = (end: Json | undefined) => String((end as { readonly connection?: Json } | undefined)?.connection)
  return [
    { path: fromPath, name: nameOf(from) },
    { path: '/to/connection', name: nameOf(to) },
  ]
}

/** Queries over files run in an engine that reads every file of the machine it runs on. */
async function queriesFiles({ from }: Config, connector: string): Promise<boolean> {
  const { query } = from as { readonly query?: Json }
  return query !== undefined && (await connectorDefinition(connector)).kind !== 'sql'
}

function isTemplate(name: string): boolean {
  return /\{\{|\{%/.test(name)
}
