import { type Queryable, sql } from '@millrace/db'
import type { Json } from '@millrace/workflow'
import type { Engine } from '../engine.ts'
import { fitsJsonColumn } from '../json-column.ts'
import { runFolder } from './attempt-log.ts'

/** Outputs up to this many characters stand in a row, larger ones in the artifact store. */
const inlineLimit = 64 * 1024

export interface StoredOutput {
  readonly value: string | null
  readonly artifact: string | null
}

/** Puts a large output where it belongs; to be called before the transaction that refers to it. */
export async function storeOutput(
  engine: Engine,
  place: { readonly runId: number; readonly taskRunId: number; readonly attempt: number },
  output: Json,
): Promise<StoredOutput | null> {
  if (output === null) return null
  const text = JSON.stringify(output)
  if (text.length <= inlineLimit && fitsJsonColumn(text)) return { value: text, artifact: null }
  const artifact = `${runFolder(place.runId)}/outputs/${place.taskRunId}-${place.attempt}.json`
  await engine.artifacts.put(artifact, Buffer.from(text))
  return { value: null, artifact }
}

interface OutputRow {
  readonly state: string
  readonly map_index: number | null
  readonly value: Json
  readonly artifact: string | null
}

/** Output of a node: of a mapped one the outputs of its items in order. Null where there is none. */
export async function nodeOutput(engine: Engine, db: Queryable, runId: number, place: number): Promise<Json> {
  const rows = await db.query<OutputRow>(sql`
    select t.state, t.map_index, o.value, o.artifact
    from engine.task_run t left join engine.task_output o on o.task_run_id = t.id
    where t.run_id = ${runId} and t.node_index = ${place}
    order by t.map_index nulls first`)
  const items = rows.filter((row) => row.map_index !== null)
  const read = async ({ value, artifact }: OutputRow): Promise<Json> =>
    artifact === null
      ? (value ?? null)
      : (JSON.parse(Buffer.from(await engine.artifacts.get(artifact)).toString()) as Json)
  const [own] = rows
  if (items.length === 0) return own === undefined ? null : await read(own)
  return await Promise.all(items.map(read))
}

/** Output of one task run. */
export async function taskRunOutput(engine: Engine, taskRunId: number): Promise<Json> {
  const row = await engine.db.maybe<OutputRow>(
    sql`select '' as state, null as map_index, value, artifact from engine.task_output where task_run_id = ${taskRunId}`,
  )
  if (row === undefined) return null
  return row.artifact === null
    ? (row.value ?? null)
    : (JSON.parse(Buffer.from(await engine.artifacts.get(row.artifact)).toString()) as Json)
}
