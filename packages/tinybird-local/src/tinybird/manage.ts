import { quoteName, quoteText } from '../engine/quote.ts'
import { refuseOutside } from '../sql/outside.ts'
import { ApiError } from './api-error.ts'
import { columnsOf } from './column.ts'
import { dataSource, findDataSources, withoutPaths } from './data-source.ts'
import { type Incoming, readUpload } from './incoming.ts'
import { jobView } from './jobs.ts'
import { quarantineTable } from './sort-rows.ts'
import type { Reply, Tinybird } from './tinybird.ts'

export async function listDataSources({ engine }: Tinybird): Promise<Reply> {
  return { body: { datasources: (await findDataSources(engine)).map(({ view }) => view) } }
}

export async function showDataSource({ engine }: Tinybird, name: string): Promise<Reply> {
  return { body: (await dataSource(engine, name)).view }
}

export async function truncate({ engine, lanes }: Tinybird, nameOrId: string): Promise<Reply> {
  const { name } = await dataSource(engine, nameOrId)
  await lanes.run(name, () => engine.run({ sql: `TRUNCATE TABLE ${quoteName(name)}` }))
  return { status: 205 }
}

export async function drop({ engine, lanes }: Tinybird, nameOrId: string): Promise<Reply> {
  const { name } = await dataSource(engine, nameOrId)
  await lanes.run(name, async () => {
    for (const table of [name, quarantineTable(name)]) {
      await engine.run({ sql: `DROP TABLE IF EXISTS ${quoteName(table)} SYNC` })
    }
  })
  return { status: 204 }
}

/** Rows go in a job; with `dry_run` they are only counted. */
export async function deleteRows(tinybird: Tinybird, incoming: Incoming, nameOrId: string): Promise<Reply> {
  const { engine, lanes, jobs, limits } = tinybird
  await readUpload(incoming, limits)
  const { parameters } = incoming
  const { name } = await dataSource(engine, nameOrId)
  const condition = parameters.get('delete_condition')
  if (condition === null || condition.trim() === '')
    throw new ApiError(400, 'The parameter "delete_condition" is needed.')
  refuseOutside(condition)
  const counted = await engine.run({
    sql: `SELECT count() FROM ${quoteName(name)} WHERE (${condition}\n)`,
    readonly: 2,
    format: 'TSVRaw',
  })
  const rows = Number(Buffer.from(counted.bytes).toString())
  if (parameters.get('dry_run') === 'true') return { body: { rows_to_be_deleted: rows, status: 'done' } }
  const fields = { delete_condition: condition, rows_affected: rows, datasource: { name } }
  const job = jobs.start('delete_data', fields, () =>
    lanes.run(name, async () => {
      const sql = `ALTER TABLE ${quoteName(name)} DELETE WHERE (${condition}\n) SETTINGS mutations_sync = 2`
      await engine.run({ sql })
      return {}
    }),
  )
  const view = jobView(job, tinybird.url())
  return { body: { ...view, delete_id: job.id, rows_to_be_deleted: rows, job: view } }
}

/** Adds the columns of a schema that begins with the columns that are there. */
export async function alter(tinybird: Tinybird, incoming: Incoming, nameOrId: string): Promise<Reply> {
  const { engine, lanes, limits } = tinybird
  await readUpload(incoming, limits)
  const { name } = await dataSource(engine, nameOrId)
  const schema = incoming.parameters.get('schema')
  if (schema === null) throw new ApiError(400, 'The parameter "schema" is needed.')
  return lanes.run(name, async () => {
    const wanted = await engine.run({
      sql: `DESCRIBE TABLE null(${quoteText(withoutPaths(schema))}) FORMAT JSONEachRow`,
    })
    const columns = Buffer.from(wanted.bytes)
      .toString()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { readonly name: string; readonly type: string })
    const current = (await columnsOf(engine, name)) ?? []
    for (const [index, column] of current.entries()) {
      const { name: newName, type } = columns[index] ?? {}
      if (newName === column.name && type === column.type) continue
      throw new ApiError(
        400,
        `The schema must begin with the columns of the Data Source; "${column.name} ${column.type}" is missing or different.`,
      )
    }
    const added = columns.slice(current.length)
    const operations = added.map((column) => `ADD COLUMN ${quoteName(column.name)} ${column.type}`)
    if (incoming.parameters.get('dry') !== 'true' && added.length > 0) {
      const sql = `ALTER TABLE ${quoteName(name)} ${operations.join(', ')}`
      refuseOutside(sql)
      await engine.run({ sql })
    }
    return { body: { operations, datasource: (await dataSource(engine, name)).view } }
  })
}
