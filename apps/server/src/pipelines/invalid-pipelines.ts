import { setImmediate } from 'node:timers/promises'
import { sql } from '@millrace/db'
import { pipelineProblems } from '@millrace/pipelines'
import type { UserPrincipal } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { readPipelines, recordOf } from './pipeline-store.ts'
import { compileOptions } from './publish.ts'

export interface InvalidPipeline {
  readonly id: string
  readonly name: string
  readonly project_id: string
  readonly problems: number
  /** Of the first problem. */
  readonly message: string
}

/**
 * Pipelines that the caller may change and that are not valid as they are, among the last changed ones. Active ones are
 * valid: no other is published.
 */
export async function invalidPipelines(
  context: ServerContext,
  caller: UserPrincipal,
  limit: number,
): Promise<readonly InvalidPipeline[]> {
  const mayWrite = context.authz.visible(caller, 'write', 'project', { id: sql`p.project_id` })
  const rows = await readPipelines(
    context.db,
    sql`p.id in (
      select p.id from pipelines.pipeline p where not p.is_active and ${mayWrite} order by p.updated_at desc, p.id limit ${limit}
    )`,
  )
  const invalid: InvalidPipeline[] = []
  for (const row of rows) {
    // Others are served in between.
    await setImmediate()
    const problems = pipelineProblems(recordOf(row), compileOptions(context))
    const [first] = problems
    if (first === undefined) continue
    const { id, name, project_id } = row
    invalid.push({ id, name, project_id, problems: problems.length, message: first.message })
  }
  return invalid
}
