import { listBackfills } from '@millrace/engine'
import { brokenConnections } from '../connected-services/index.ts'
import { invalidPipelines } from '../pipelines/index.ts'
import type { UserPrincipal } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { missingSessionSecrets } from '../session-secrets/index.ts'
import type { OverviewBody } from './schemas.ts'

type Needs = OverviewBody['needs_me']

/** What waits for the caller, and nobody else can do or has begun. */
export async function listNeeds(context: ServerContext, caller: UserPrincipal, limit: number): Promise<Needs> {
  const services = await brokenConnections(context, caller.id, limit)
  const backfills = await listBackfills(context.db, {
    ...{ state: 'paused', limit, where: context.workflowAccess.condition(caller, 'write') },
  })
  const pipelines = await invalidPipelines(context, caller, limit)
  const secrets = await missingSessionSecrets(context, caller, limit)
  const needs: Needs = [
    ...services.map(({ id, provider_id, display_name }) => ({
      kind: 'connected_service' as const,
      title: `Connect ${display_name} again.`,
      connection: id,
      provider: provider_id,
    })),
    ...backfills.map(({ id, workflow }) => ({
      kind: 'backfill' as const,
      title: `Resume the backfill of ${workflow}, or cancel it.`,
      workflow,
      backfill: id,
    })),
    ...pipelines.map(({ id, name, project_id, problems, message }) => ({
      kind: 'pipeline' as const,
      title: `Mend the pipeline ${name}.`,
      ...{ project_id, pipeline: id, problems, message },
    })),
    ...secrets.map(({ project_id, project, slots }) => ({
      kind: 'session_secrets' as const,
      title: `Fill in your secrets for sessions of ${project}.`,
      project_id,
      slots: [...slots],
    })),
  ]
  return needs.slice(0, limit)
}
