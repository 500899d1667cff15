import { randomInt } from 'node:crypto'
import { isMillraceError } from '@millrace/core'
import type { Trx } from '@millrace/db'
import { conflict, type HttpError, invalid, notFound } from '@millrace/http'
import { newId } from '../ids.ts'
import type { ServerContext } from '../server-context.ts'
import { slugOrNull } from '../slugs.ts'
import { seal } from './seal.ts'
import {
  deleteExpired,
  expiryMarginSeconds,
  insertUserSecret,
  lockUserSecret,
  saveUserSecret,
  type UserSecret,
  type UserSecretKind,
} from './user-secret-store.ts'

export interface NewUserSecret {
  readonly userId: string
  readonly name: string
  readonly kind: UserSecretKind
  readonly value: string
  /** Default: made from the name. */
  readonly defaultFilename?: string | undefined
  /** Default null: never. */
  readonly expirationTimestamp?: Date | null | undefined
}

export interface UserSecretChanges {
  readonly userId: string
  readonly id: string
  readonly name?: string | undefined
  readonly value?: string | undefined
  readonly defaultFilename?: string | undefined
  /** Default: as it is; null when the value is a new one. */
  readonly expirationTimestamp?: Date | null | undefined
}

/**
 * @throws HttpError 422 SECRET_FILENAME_TAKEN, SECRET_EXPIRED; ConfigError about keys.
 */
export async function createUserSecret(
  trx: Trx,
  context: Pick<ServerContext, 'settings'>,
  secret: NewUserSecret,
): Promise<UserSecret> {
  const { userId, name, kind, value, defaultFilename = filenameFrom(name), expirationTimestamp = null } = secret
  refusePast(expirationTimestamp)
  await deleteExpired(trx, userId)
  const sealedId = await seal(context, trx, `user:${userId}`, value)
  const row = { id: newId(), name, kind, defaultFilename, expirationTimestamp, sealedId }
  return await insertUserSecret(trx, userId, row).catch(takenAs(invalid, defaultFilename))
}

/**
 * @throws HttpError 404 when the user has no such secret, 409 SECRET_FILENAME_TAKEN, 422 SECRET_EXPIRED; ConfigError about keys.
 */
export async function updateUserSecret(
  trx: Trx,
  context: Pick<ServerContext, 'settings'>,
  changes: UserSecretChanges,
): Promise<UserSecret> {
  const { userId, value } = changes
  const before = await lockUserSecret(trx, changes)
  if (before === null) throw secretMissing(changes.id)
  const {
    name = before.name,
    defaultFilename = before.defaultFilename,
    expirationTimestamp = value === undefined ? before.expirationTimestamp : null,
  } = changes
  if (changes.expirationTimestamp !== undefined) refusePast(expirationTimestamp)
  const sealedId = value === undefined ? before.sealedId : await seal(context, trx, `user:${userId}`, value)
  const row = { id: before.id, name, defaultFilename, expirationTimestamp, sealedId }
  return await saveUserSecret(trx, row).catch(takenAs(conflict, defaultFilename))
}

export function secretMissing(id: string): HttpError {
  return notFound('SECRET_MISSING', `You have no secret ${id}, or it has expired.`)
}

function refusePast(expiry: Date | null): void {
  if (expiry === null || expiry.getTime() > Date.now() + expiryMarginSeconds * 1000) return
  throw invalid(
    'SECRET_EXPIRED',
    `The secret would expire at ${expiry.toISOString()}, which is not at least ${expiryMarginSeconds} seconds from now.`,
  )
}

function takenAs(problem: (code: string, message: string) => HttpError, filename: string) {
  return (error: unknown): never => {
    const isTaken = isMillraceError(error) && error.details.constraint === 'user_secret_filename'
    if (!isTaken) throw error
    throw problem(
      'SECRET_FILENAME_TAKEN',
      `You have a secret with the file name "${filename}" already. Choose another one.`,
    )
  }
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'

/** What is left of the name, and enough at random that no two are the same. */
function filenameFrom(name: string): string {
  const random = Array.from({ length: 8 }, () => alphabet[randomInt(alphabet.length)]).join('')
  return `${slugOrNull(name) ?? 'secret'}-${random}`
}
