import { ConfigError } from '@millrace/core'
import type { ScopeItem } from '../kit/connector.ts'
import { type RowRelation, refuseDuplicateColumns, trimQuery } from '../kit/row-source.ts'
import type { Relation, TableRef } from '../kit/source.ts'
import { formatTableName, matchesPattern, parseTableName, parseTablePattern } from '../kit/table-name.ts'
import type { Client } from './client.ts'
import { fieldsOfSelect } from './one-select.ts'
import { type Field, toColumn } from './types.ts'

export interface TableResource {
  readonly tableReference: { readonly projectId: string; readonly datasetId: string; readonly tableId: string }
  readonly type: string
  readonly schema?: { readonly fields?: readonly Field[] }
  readonly numRows?: string
  readonly numBytes?: string
  readonly tableConstraints?: { readonly primaryKey?: { readonly columns?: readonly string[] } }
}

/** A relation, with its columns as the API describes them. */
export interface BigqueryRelation extends RowRelation {
  readonly fields: readonly Field[]
  /** Whether it can be read as it was at an earlier time. */
  readonly hasHistory: boolean
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** Backslashes escape in BigQuery's quoted names. */
export function quoteName(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``
}

function place(client: Client, table: TableRef): { project: string | null; dataset: string; name: string } {
  const [dataset = client.config.dataset, project, ...rest] = [...table.scope].reverse()
  if (dataset === undefined || rest.length > 0) {
    throw new ConfigError('DATASET_REQUIRED', {
      message: `BigQuery needs the dataset of ${formatTableName(table)}. Write dataset.table or project.dataset.table, or set a dataset for the connection.`,
    })
  }
  return { project: project ?? null, dataset: String(dataset), name: table.name }
}

async function getTable(client: Client, table: TableRef): Promise<TableResource> {
  const { project, dataset, name } = place(client, table)
  const own = project ?? (await client.project())
  try {
    return await client.get<TableResource>(
      `/projects/${own}/datasets/${encodeURIComponent(dataset)}/tables/${encodeURIComponent(name)}`,
    )
  } catch (error) {
    if ((error as { code?: string }).code !== 'BIGQUERY_NOT_FOUND') throw error
    throw new ConfigError('TABLE_NOT_FOUND', {
      message: `There is no table ${formatTableName({ scope: [own, dataset], name })} that this account can see. Check project, dataset, name and case.`,
      details: { table: formatTableName(table) },
    })
  }
}

async function datasetNames(client: Client, project?: string): Promise<string[]> {
  const own = project ?? (await client.project())
  const found = await client.list<{ datasetReference: { datasetId: string } }>(`/projects/${own}/datasets`, 'datasets')
  return found.map(({ datasetReference }) => datasetReference.datasetId).filter((name) => !name.startsWith('_'))
}

async function tableNames(client: Client, dataset: string, project?: string): Promise<string[]> {
  const own = project ?? (await client.project())
  const found = await client.list<TableResource>(
    `/projects/${own}/datasets/${encodeURIComponent(dataset)}/tables`,
    'tables',
  )
  return found.map(({ tableReference }) => tableReference.tableId).filter((name) => !name.startsWith('_millrace'))
}

export async function listTables(client: Client, patterns: readonly string[]): Promise<TableRef[]> {
  const found = new Map<string, TableRef>()
  const add = (table: TableRef) => found.set(formatTableName(table), table)
  const parsed = patterns.map(parseTablePattern)
  for (const pattern of parsed.filter(({ wildcard }) => !wildcard)) {
    const table = parseTableName(pattern.text)
    const { project, dataset, name } = place(client, table)
    await getTable(client, table)
    add({ scope: project === null ? [dataset] : [project, dataset], name })
  }
  const wildcards = parsed.filter(({ wildcard }) => wildcard)
  if (wildcards.length > 0) {
    for (const dataset of await datasetNames(client)) {
      const fits = wildcards.some(({ scope }) =>
        scope === null ? client.config.dataset === undefined || dataset === client.config.dataset : scope(dataset),
      )
      if (!fits) continue
      for (const name of await tableNames(client, dataset)) {
        const table = { scope: [dataset], name }
        if (wildcards.some((pattern) => matchesPattern(pattern, table))) add(table)
      }
    }
  }
  return [...found.values()].sort((a, b) => compare(formatTableName(a), formatTableName(b)))
}

/** @param openedAt the time, as BigQuery prints it, whose state tables are read in */
export async function describeRelation(
  client: Client,
  relation: Relation,
  openedAt: string,
): Promise<BigqueryRelation> {
  if (relation.kind === 'query') {
    const schema = await fieldsOfSelect(client, relation.sql)
    const columns = schema.map(toColumn)
    refuseDuplicateColumns(columns)
    const from = `(\n${trimQuery(relation.sql)}) AS q`
    return {
      columns,
      fields: schema,
      primaryKey: [],
      estimatedRows: null,
      estimatedBytes: null,
      from,
      hasHistory: false,
    }
  }
  const table = await getTable(client, relation.table)
  const { projectId, datasetId, tableId } = table.tableReference
  const fields = table.schema?.fields ?? []
  const hasHistory = table.type === 'TABLE'
  const name = [projectId, datasetId, tableId].map(quoteName).join('.')
  return {
    columns: fields.map(toColumn),
    fields,
    // Declared, not enforced: whoever relies on it is told by the destination when it does not hold.
    primaryKey: table.tableConstraints?.primaryKey?.columns ?? [],
    estimatedRows: hasHistory && table.numRows !== undefined ? Number(table.numRows) : null,
    estimatedBytes: hasHistory && table.numBytes !== undefined ? Number(table.numBytes) : null,
    from: hasHistory ? `${name} FOR SYSTEM_TIME AS OF TIMESTAMP '${openedAt}'` : name,
    hasHistory,
  }
}

/** Projects, the datasets of one, or the tables of one; sorted by name. */
export async function listScope(client: Client, parents: readonly string[]): Promise<ScopeItem[]> {
  const [project, dataset, ...deeper] = parents
  const item = (name: string) => ({ name, value: [...parents, name].join('.') })
  const sorted = (names: readonly string[]) => [...names].sort(compare).map(item)
  if (deeper.length > 0) {
    throw new ConfigError('NO_SUCH_SCOPE', {
      message: 'BigQuery has the scopes project, dataset and table; a table holds no further scope.',
    })
  }
  if (project === undefined) {
    const found = await client.list<{ projectReference: { projectId: string } }>('/projects', 'projects')
    return sorted(found.map(({ projectReference }) => projectReference.projectId))
  }
  if (dataset === undefined) return sorted(await datasetNames(client, project))
  return sorted(await tableNames(client, dataset, project))
}

export async function tableFields(client: Client, scopes: readonly string[]): Promise<readonly Field[]> {
  const table = await getTable(client, { scope: scopes.slice(0, -1), name: scopes.at(-1) ?? '' })
  return table.schema?.fields ?? []
}
