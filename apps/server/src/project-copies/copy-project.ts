import type { Trx } from '@millrace/db'
import { copyProjectLinks } from '../data-connectors/index.ts'
import { copyLaunchers } from '../launchers/index.ts'
import type { UserPrincipal } from '../principals.ts'
import {
  createProject,
  missingProject,
  type NewProject,
  type Project,
  readProject,
  visibleProjects,
} from '../projects/index.ts'
import type { ServerContext } from '../server-context.ts'
import { copySlots } from '../session-secrets/index.ts'

/** What is not given is that of the template; `notCopied` names data connectors whose links the caller may not copy. */
export async function copyProject(
  trx: Trx,
  context: ServerContext,
  { principal, id }: { readonly principal: UserPrincipal; readonly id: string },
  body: NewProject,
): Promise<{ readonly project: Project; readonly notCopied: readonly string[] }> {
  const visible = visibleProjects(context.authz, principal, 'read')
  const template = await readProject(trx, id, visible, { withDocumentation: true })
  if (template === undefined) throw missingProject(id)
  const { visibility, keywords, repositories, secrets_mount_directory } = template
  const wanted = {
    ...{ visibility, keywords, repositories, secrets_mount_directory },
    description: template.description ?? '',
    documentation: template.documentation ?? '',
    ...body,
  }
  const project = await createProject(trx, context, principal, wanted, { templateId: template.id })
  await copySlots(trx, { from: template.id, to: project.id, userId: principal.id })
  await copyLaunchers(trx, context, principal, template.id, project.id)
  const { notCopied } = await copyProjectLinks(trx, context, principal, template.id, project.id)
  return { project, notCopied }
}
