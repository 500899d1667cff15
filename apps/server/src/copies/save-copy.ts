import { type Queryable, sql, type Trx } from '@millrace/db'
import { pauseWithin } from '@millrace/engine'
import { checkIfMatch, conflict, type HttpError, notFound } from '@millrace/http'
import { problemsError } from '@millrace/pipelines'
import type { Json } from '@millrace/workflow'
import type { UserPrincipal } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { deployWithin, lockWorkflowName, type WorkflowSummary } from '../workflows/index.ts'
import { type CopyValues, compileCopy, copyEtag, workflowOfCopy } from './compile-copy.ts'
import { copyProblems } from './plan-copy.ts'
import { findCopy } from './store.ts'

export interface GivenCopy extends CopyValues {
  readonly config: { readonly [field: string]: Json }
  readonly paused?: boolean | undefined
}

export interface SavedCopy {
  readonly copy: WorkflowSummary
  readonly isNew: boolean
}

/**
 * Makes a copy what is given: a version of its workflow, unless it is that already. Runs under way keep theirs.
 *
 * @param options.ifMatch The ETag of the copy as the caller knows it; null: whatever it is.
 * @param options.onlyNew Refuses to change one that is there.
 * @throws HttpError 404 PROJECT_MISSING; 409 COPY_EXISTS, ETAG_CHANGED, COPY_NAME_TAKEN
 * @throws ConfigError `COPY_INVALID` or the code of the only problem, `WORKFLOW_INVALID` for a schedule that cannot be
 */
export async function saveCopy(
  trx: Trx,
  context: Pick<ServerContext, 'engine' | 'authz'>,
  caller: UserPrincipal,
  {
    project,
    name,
    ifMatch,
    onlyNew,
  }: {
    readonly project: string
    readonly name: string
    readonly ifMatch: string | null
    readonly onlyNew: boolean
  },
  { paused, ...values }: GivenCopy,
): Promise<SavedCopy> {
  const problems = await copyProblems(trx, project, values.config)
  if (problems.length > 0) {
    const placed = problems.map(({ path, code, message }) => ({ place: `config${path}`, code, message }))
    throw problemsError('COPY_INVALID', `The copy "${name}" cannot be used`, placed)
  }
  const manifest = compileCopy(name, values)
  await lockWorkflowName(trx, manifest.name)
  const before = await findCopy(trx, { project, name })
  if (before === undefined) await expectNameFree(trx, { project, name })
  if (before !== undefined && onlyNew) {
    throw conflict('COPY_EXISTS', `The project has a copy "${name}" already. Change it, or choose another name.`)
  }
  if (ifMatch !== null) {
    if (before === undefined) throw missingCopy(name)
    checkIfMatch(ifMatch, copyEtag(before))
  }
  await deployWithin(trx, context, caller, manifest, project)
  if (paused !== undefined && paused !== (before?.paused ?? false)) await pauseWithin(trx, manifest.name, paused)
  const copy = await findCopy(trx, { project, name })
  if (copy === undefined) throw new Error(`The copy "${name}" was made, and is not there.`)
  return { copy, isNew: before === undefined }
}

export function missingCopy(name: string): HttpError {
  return notFound('COPY_MISSING', `The project has no copy "${name}". /api/projects/ID/copies lists those that it has.`)
}

/** Names of workflows are those of the whole server, and a workflow that somebody deployed is not made a copy. */
async function expectNameFree(
  db: Queryable,
  { project, name }: { readonly project: string; readonly name: string },
): Promise<void> {
  const taken = await db.maybe(sql`
    select from engine.workflow
    where name = ${workflowOfCopy(name)}
      and (project_id is distinct from ${project} or current_version_id is not null)`)
  if (taken === undefined) return
  throw conflict(
    'COPY_NAME_TAKEN',
    `The copy would be the workflow "${workflowOfCopy(name)}", and there is another one of this name. Choose another name.`,
  )
}
