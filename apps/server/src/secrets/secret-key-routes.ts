import { BlockList, isIPv6 } from 'node:net'
import { z } from '@hono/zod-openapi'
import { ConfigError } from '@millrace/core'
import { clientAddresses, forbidden } from '@millrace/http'
import { change } from '../change.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { findOwnerKey, ownerKey } from './owner-keys.ts'

/** The user's own key of the inner layer, for sessions that open their secrets themselves. */
export function secretKeyRoutes(api: ServerApi, { db, settings }: ServerContext): void {
  const clientAddress = clientAddresses(entries(settings.trustedProxies))
  const isInside = networks(entries(settings.clusterNetworks))

  api.endpoint(
    {
      method: 'get',
      path: '/api/data/user/secret_key',
      operationId: 'getUserSecretKey',
      tag: 'secrets',
      access: 'user',
      summary: 'The key that opens the secrets of the caller in a session',
      description: 'For callers inside the cluster only: the operator says which networks those are.',
      answers: { 200: z.object({ secret_key: z.string() }).openapi('UserSecretKey') },
    },
    async ({ principal: { id, via, scopes }, request, requestId }) => {
      const isSession = via === 'internal' && scopes?.includes('secrets:key') === true
      if (!isSession && !isInside(clientAddress(request))) {
        throw forbidden(
          'OUTSIDE_OF_CLUSTER',
          'Keys of secrets are for sessions inside the cluster. Secrets are used there; values are never shown.',
        )
      }
      const secret_key =
        (await findOwnerKey(db, settings, `user:${id}`)) ??
        (await change(db, { id, requestId }, async (trx) => ownerKey(trx, settings, `user:${id}`)))
      return { status: 200, body: { secret_key }, headers: { 'cache-control': 'no-store' } }
    },
  )
}

function entries(list: string): string[] {
  return list
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
}

/** @throws ConfigError SETTING_INVALID. */
function networks(list: readonly string[]): (address: string) => boolean {
  const inside = new BlockList()
  for (const entry of list) {
    const [address = '', bits = ''] = entry.split('/')
    try {
      inside.addSubnet(address, /^\d+$/.test(bits) ? Number(bits) : Number.NaN, isIPv6(address) ? 'ipv6' : 'ipv4')
    } catch (cause) {
      throw new ConfigError('SETTING_INVALID', {
        message: `The setting MILLRACE_CLUSTER_NETWORKS must be networks such as 10.0.0.0/8, with commas between them, and "${entry}" is none.`,
        cause,
      })
    }
  }
  return (address) => address !== '' && inside.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}
