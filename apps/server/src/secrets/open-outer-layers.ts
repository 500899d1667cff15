import { type PlatformSettings, retry } from '@millrace/core'
import { HttpError } from '@millrace/http'
import type { Owner } from '@millrace/secrets'
import { callSecretsService } from './secrets-service.ts'

/** Ids in one call; its token names each of them. */
const idsPerCall = 100

/** The inner texts of sealed values, in the order of their ids, from the secrets service. */
export async function openOuterLayers(
  settings: PlatformSettings,
  owner: Owner,
  ids: readonly string[],
): Promise<string[]> {
  const texts: string[] = []
  for (let from = 0; from < ids.length; from += idsPerCall) {
    const some = ids.slice(from, from + idsPerCall)
    texts.push(...(await retry(() => open(settings, owner, some), { retries: 2, minDelayMs: 100 })))
  }
  return texts
}

async function open(settings: PlatformSettings, owner: Owner, ids: readonly string[]): Promise<string[]> {
  const response = await callSecretsService(
    settings,
    '/api/secrets/open',
    { owner, secret_ids: ids },
    { subject: 'millrace-server', scope: 'secrets:open', claims: { owner, secrets: ids } },
  )
  if (response.status !== 200) throw cannotOpen(response.status)
  const body = (await response.json().catch(() => null)) as { secrets?: { id?: unknown; inner?: unknown }[] } | null
  const texts = new Map(body?.secrets?.map(({ id, inner }) => [id, inner]))
  return ids.map((id) => {
    const inner = texts.get(id)
    if (typeof inner !== 'string') throw cannotOpen(response.status)
    return inner
  })
}

/** Says nothing about the cause: that is in the log of the service. */
function cannotOpen(status: number): HttpError {
  const message =
    'A secret could not be opened. Set its value anew, or ask the administrator to look into the log of the secrets service.'
  return new HttpError(500, 'SECRET_UNREADABLE', message, { number: 1510, details: { status } })
}
