import { setImmediate } from 'node:timers/promises'
import { isMillraceError } from '@millrace/core'
import { type Sql, sql, type Trx } from '@millrace/db'
import { insertVersion, retireWorkflow } from '@millrace/engine'
import { createOperator } from '@millrace/operators'
import { type CompileOptions, compilePipeline, type Problem, problemsError } from '@millrace/pipelines'
import type { WorkflowManifest } from '@millrace/workflow'
import { actorOf } from '../change.ts'
import type { ServerContext } from '../server-context.ts'
import { type PipelineRow, readPipelines, recordOf } from './pipeline-store.ts'

export function compileOptions({ settings }: ServerContext): CompileOptions {
  return { createOperator, start: settings.pipelineStart }
}

/**
 * Makes the engine know active pipelines as they are now, in the transaction of the change: the new version is scheduled
 * when the change is there, and not before. Runs under way keep theirs.
 *
 * @param where On `p`, `b` and `t`, as in `readPipelines`.
 * @throws ConfigError `PIPELINES_INVALID`, or the code of the only problem: then nothing is changed, and the old versions go on
 */
export async function publishPipelines(trx: Trx, context: ServerContext, where: Sql): Promise<void> {
  const rows = await readPipelines(trx, sql`p.is_active and (${where})`)
  const problems: Problem[] = []
  const compiled: { readonly row: PipelineRow; readonly manifest: WorkflowManifest }[] = []
  for (const row of rows) {
    // A template can be part of hundreds: others are served in between.
    await setImmediate()
    try {
      compiled.push({ row, manifest: compilePipeline(recordOf(row), compileOptions(context)).toManifest() })
    } catch (error) {
      problems.push(...problemsOf(row, error))
    }
  }
  if (problems.length > 0) throw problemsError('PIPELINES_INVALID', 'Nothing was changed', problems)
  const deployedBy = await actorOf(trx)
  for (const { row, manifest } of compiled) {
    await insertVersion(context.engine, trx, manifest, { projectId: row.project_id, deployedBy })
  }
}

/** The same for one pipeline, whether it is active now or not any more. */
export async function publishPipeline(
  trx: Trx,
  context: ServerContext,
  { id, workflow }: Pick<PipelineRow, 'id' | 'workflow'>,
  isActive: boolean,
): Promise<void> {
  if (isActive) await publishPipelines(trx, context, sql`p.id = ${id}`)
  else await retireWorkflow(trx, workflow)
}

function problemsOf({ name }: PipelineRow, error: unknown): readonly Problem[] {
  if (!isMillraceError(error)) throw error
  const own = error.details.problems as readonly Problem[] | readonly string[] | undefined
  const problems = (own ?? []).filter((problem) => typeof problem !== 'string')
  const all = problems.length > 0 ? problems : [{ place: '', code: error.code, message: error.message }]
  return all.map(({ place, code, message }) => ({
    place: `pipelines.${name}${place === '' ? '' : `.${place}`}`,
    code,
    message,
  }))
}
