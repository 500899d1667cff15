import type { Logger } from '@millrace/core'
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { issuerUnavailable } from './refusal.ts'

const freshForMs = 10 * 60_000
const unknownKeyCooldownMs = 30_000
const failureCooldownMs = 5000

export interface IssuerKeys {
  /** The key that a token names. */
  readonly find: JWTVerifyGetKey
  /** Stands for the keys as they are known now, another one whenever they were read; null before. */
  current(): object | null
}

/**
 * The keys that an issuer signs with. They are read when they are first needed, when a token names one that is not known
 * (at most every 30 s), and every ten minutes in the background; while the issuer is away, those of before stay.
 */
export function issuerKeys(
  load: () => Promise<JSONWebKeySet>,
  { log, nowMs = () => performance.now() }: { readonly log: Logger; readonly nowMs?: () => number },
): IssuerKeys {
  let keys: { readonly find: JWTVerifyGetKey; readonly loadedAtMs: number } | null = null
  let pending: Promise<void> | null = null
  let failedAtMs = Number.NEGATIVE_INFINITY
  let unknownAtMs = Number.NEGATIVE_INFINITY

  const reload = async () => {
    if (nowMs() - failedAtMs < failureCooldownMs) throw issuerUnavailable(undefined)
    try {
      keys = { find: createLocalJWKSet(await load()), loadedAtMs: nowMs() }
    } catch (err) {
      failedAtMs = nowMs()
      log.warn({ err }, 'the keys of the issuer cannot be read')
      throw issuerUnavailable(err)
    }
  }
  const reloadOnce = async () => {
    pending ??= reload().finally(() => {
      pending = null
    })
    await pending
  }

  const renewWhenOld = () => {
    if (keys !== null && nowMs() - keys.loadedAtMs > freshForMs) void reloadOnce().catch(() => {})
  }

  return {
    current() {
      renewWhenOld()
      return keys
    },
    async find(header, token) {
      if (keys === null) await reloadOnce()
      else renewWhenOld()
      try {
        return await findKnown(header, token)
      } catch (error) {
        const isUnknown = error instanceof errors.JWKSNoMatchingKey
        if (!isUnknown || nowMs() - unknownAtMs < unknownKeyCooldownMs) throw error
        unknownAtMs = nowMs()
        await reloadOnce()
        return await findKnown(header, token)
      }
    },
  }

  async function findKnown(...[header, token]: Parameters<JWTVerifyGetKey>) {
    if (keys === null) throw issuerUnavailable(undefined)
    return await keys.find(header, token)
  }
}
