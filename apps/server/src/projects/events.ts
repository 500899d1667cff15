import type { Trx } from '@millrace/db'
import type { RoleChange } from '../authz/index.ts'
import { emitEvent } from '../events/index.ts'
import { eventRole } from '../members.ts'
import type { Project } from './store.ts'

/** What events tell of a project. */
export function projectPayload(project: Project) {
  const { id, name, namespace, slug, repositories, description, keywords } = project
  return {
    ...{ id, name, namespace, slug, repositories, keywords },
    visibility: project.visibility === 'public' ? ('PUBLIC' as const) : ('PRIVATE' as const),
    ...(description === null ? {} : { description }),
  }
}

export async function emitMemberEvents(trx: Trx, projectId: string, changes: readonly RoleChange[]): Promise<void> {
  for (const { id: userId, before, after } of changes) {
    if (after === null) await emitEvent(trx, 'projectAuth.removed', { projectId, userId })
    else {
      const type = before === null ? 'projectAuth.added' : 'projectAuth.updated'
      await emitEvent(trx, type, { projectId, userId, role: eventRole(after) })
    }
  }
}
