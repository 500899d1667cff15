import { createPublicKey } from 'node:crypto'
import { type Session, sql } from '@millrace/db'
import { openOuter, sealOuter } from '@millrace/secrets'
import { countSealedWithOthers, readSealedWithOthers, replaceOuter, type SealedRow } from '../sealed-store.ts'
import type { SecretsContext } from '../secrets-context.ts'

export interface RotationOptions {
  /** Values that are read at once. Default 100. */
  readonly batchSize?: number
  readonly signal?: AbortSignal
}

export interface RotationResult {
  /** Values that are sealed with the present key now. */
  readonly rotated: number
  /** Values that opened with none of the keys, and stay as they were. */
  readonly failed: number
  /** Values that are not sealed with the present key. */
  readonly remaining: number
  /** Another process was at it. */
  readonly isElsewhere: boolean
}

/** A key is derived for each value on a thread of its own; there are four. */
const atOnce = 4

/**
 * Wraps every value that another private key opens anew, with the present key: the same inner text, under a fresh key of the
 * outer layer. Each value is changed in one statement, so the rotation can end at any moment and go on later.
 */
export async function rotate(context: SecretsContext, options: RotationOptions = {}): Promise<RotationResult> {
  const { db, keys, rotationMetrics: metrics } = context
  return await db.session(async (session) => {
    const isMine = await tryLock(session)
    if (!isMine)
      return { rotated: 0, failed: 0, remaining: await countSealedWithOthers(db, keys.id), isElsewhere: true }
    metrics.state = 'running'
    try {
      const { rotated, failed } = await rotateAll(context, options)
      const remaining = await countSealedWithOthers(db, keys.id)
      metrics.state = failed === 0 ? 'done' : 'failed'
      return { rotated, failed, remaining, isElsewhere: false }
    } catch (error) {
      metrics.state = 'failed'
      throw error
    } finally {
      // A connection that is lost has lost the lock with it.
      await session.query(sql`select pg_advisory_unlock(${lockName})`).catch(() => {})
    }
  })
}

const lockName = sql`hashtextextended('millrace secrets rotation', 0)`

async function tryLock(session: Session): Promise<boolean> {
  const { locked } = await session.one<{ locked: boolean }>(sql`select pg_try_advisory_lock(${lockName}) as locked`)
  return locked
}

async function rotateAll(
  context: SecretsContext,
  { batchSize = 100, signal }: RotationOptions,
): Promise<{ readonly rotated: number; readonly failed: number }> {
  const { db, keys, rotationMetrics: metrics } = context
  let rotated = 0
  let failed = 0
  for (let after = ''; ; ) {
    const batch = await readSealedWithOthers(db, { keyId: keys.id, after, limit: batchSize })
    for (let from = 0; from < batch.length; from += atOnce) {
      signal?.throwIfAborted()
      const outcomes = await Promise.all(batch.slice(from, from + atOnce).map((row) => rotateOne(context, row)))
      for (const outcome of outcomes) {
        if (outcome === 'rotated') metrics.rotated = metrics.rotated + 1
        if (outcome === 'failed') metrics.failed = metrics.failed + 1
      }
      rotated += outcomes.filter((outcome) => outcome === 'rotated').length
      failed += outcomes.filter((outcome) => outcome === 'failed').length
    }
    const last = batch.at(-1)
    if (last === undefined) return { rotated, failed }
    after = last.id
  }
}

async function rotateOne({ db, keys, log }: SecretsContext, row: SealedRow): Promise<'rotated' | 'failed' | 'gone'> {
  const privateKeys = keys.previous === null ? [keys.current] : [keys.current, keys.previous]
  let inner: string
  try {
    inner = await openOuter(row.owner, privateKeys, row)
  } catch {
    log.error(
      { sealed: row.id, owner: row.owner },
      'a sealed value does not open with the private keys and stays as it is',
    )
    return 'failed'
  }
  const sealed = await sealOuter(row.owner, createPublicKey(keys.current), inner)
  return (await replaceOuter(db, row, { ...sealed, keyId: keys.id })) ? 'rotated' : 'gone'
}
