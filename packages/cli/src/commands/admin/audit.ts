import type { components } from '@millrace/client'
import { parseInstant } from '@millrace/core'
import { type Context, exitCodes } from '../../context.ts'
import { findProject } from '../../find-project.ts'
import { printJson } from '../../output/print-json.ts'
import { textTable } from '../../output/table.ts'
import { localTime, zoneNote } from '../../output/when.ts'
import { type ServerRequest, withUser } from '../../server-connection.ts'

type AuditEvent = components['schemas']['AuditEvent']

/** The newest changes. Of a project or group their owners may see them, of everything administrators only. */
export async function listAudit(
  request: ServerRequest & {
    readonly project?: string
    readonly group?: string
    readonly entity?: string
    readonly id?: string
    readonly actor?: string
    readonly from?: string
    readonly to?: string
    readonly limit: number
  },
  context: Context,
): Promise<number> {
  const { project, group, entity, id, actor, from, to, limit } = request
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const query = {
    per_page: limit,
    ...(entity === undefined ? {} : { entity }),
    ...(id === undefined ? {} : { entity_id: id }),
    ...(actor === undefined ? {} : { actor }),
    ...(from === undefined ? {} : { from: parseInstant(from, zone).toISOString() }),
    ...(to === undefined ? {} : { to: parseInstant(to, zone).toISOString() }),
  }
  return await withUser(request, context, async (client) => {
    const events: readonly AuditEvent[] =
      project !== undefined
        ? await client.get('/api/projects/{project_id}/audit', {
            params: { path: { project_id: (await findProject(client, project)).id }, query },
          })
        : group !== undefined
          ? await client.get('/api/groups/{group}/audit', { params: { path: { group }, query } })
          : await client.get('/api/audit', { params: { query } })
    if (request.json) return printJson(events, context)
    if (events.length === 0) {
      context.err('There are no such changes.\n')
      return exitCodes.done
    }
    const body = events.map((one) => [
      ...[localTime(one.at), one.actor, one.action, one.entity, one.entity_id, changesOf(one)],
    ])
    context.out(textTable(['at', 'who', 'did', 'what', 'id', 'fields'], body))
    context.err(zoneNote())
    return exitCodes.done
  })
}

/** Values may be long: --json has them. */
function changesOf({ action, before = {}, after = {} }: AuditEvent): string {
  if (action !== 'update') return ''
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  const text = (value: unknown) => JSON.stringify(value)
  const changed = [...names].filter((name) => text(before[name as never]) !== text(after[name as never]))
  return changed.filter((name) => name !== 'updated_at').join(', ')
}
