import { type Queryable, sql } from '@millrace/db'
import { conflict } from '@millrace/http'

/**
 * For whoever deploys, moves or removes a workflow by hand: that of a pipeline follows the pipeline.
 *
 * @throws HttpError 409 WORKFLOW_OF_PIPELINE
 */
export async function expectNoPipeline(db: Queryable, workflow: string): Promise<void> {
  const pipeline = await db.maybe<{ id: string; name: string }>(
    sql`select id, name from pipelines.pipeline where workflow = ${workflow}`,
  )
  if (pipeline === undefined) return
  throw conflict(
    'WORKFLOW_OF_PIPELINE',
    `The workflow "${workflow}" is made from the pipeline "${pipeline.name}" (${pipeline.id}). Change, deactivate or remove the pipeline instead.`,
  )
}
