import { isMillraceError } from '@millrace/core'
import type { Trx } from '@millrace/db'
import { checkIfMatch, conflict, type HttpError, notFound } from '@millrace/http'
import type { z } from 'zod'
import { newId } from '../ids.ts'
import { seal } from '../secrets/index.ts'
import type { ServerContext } from '../server-context.ts'
import { checkChangedConfig, checkNewConfig } from './config.ts'
import { ownerOf, type Place } from './place.ts'
import { type connectionChangesSchema, connectionEtag, type newConnectionSchema } from './schemas.ts'
import {
  type Connection,
  insertConnection,
  lockConnection,
  readConnection,
  saveConnection,
  saveSecrets,
} from './store.ts'

type Keys = Pick<ServerContext, 'settings'>

export function missingConnection(id: string): HttpError {
  return notFound('CONNECTION_MISSING', `There is no connection ${id} here.`)
}

/** @throws HttpError 409 CONNECTION_NAME_TAKEN, 422; ConfigError for settings that the connector does not take. */
export async function createConnection(
  trx: Trx,
  context: Keys,
  place: Place,
  body: z.output<typeof newConnectionSchema> & { readonly createdBy: string },
): Promise<Connection> {
  const { definition, config, secrets } = await checkNewConfig(body)
  const { name, createdBy } = body
  const id = newId()
  const row = { id, name, connector: definition.name, description: body.description || null, config, createdBy }
  await unlessTaken(name, insertConnection(trx, place, row))
  await keepSecrets(trx, context, { id, place, secrets })
  return await readAgain(trx, place, id)
}

/** @throws HttpError 404 CONNECTION_MISSING, 409 ETAG_CHANGED and CONNECTION_NAME_TAKEN, and as `createConnection`. */
export async function changeConnection(
  trx: Trx,
  context: Keys,
  { place, id, ifMatch }: { readonly place: Place; readonly id: string; readonly ifMatch: string },
  body: z.output<typeof connectionChangesSchema>,
): Promise<Connection> {
  const before = await lockConnection(trx, place, id)
  if (before === null) throw missingConnection(id)
  checkIfMatch(ifMatch, connectionEtag(before))
  const { config, secrets } = await checkChangedConfig(before, body.config ?? {})
  const { name = before.name } = body
  const description = body.description === undefined ? before.description : body.description || null
  await unlessTaken(name, saveConnection(trx, { id, name, description, config }))
  await keepSecrets(trx, context, { id, place, secrets })
  return await readAgain(trx, place, id)
}

async function keepSecrets(
  trx: Trx,
  context: Keys,
  {
    id,
    place,
    secrets,
  }: { readonly id: string; readonly place: Place; readonly secrets: Readonly<Record<string, string | null>> },
): Promise<void> {
  const sealed: Record<string, string | null> = {}
  for (const [name, value] of Object.entries(secrets)) {
    sealed[name] = value === null ? null : await seal(context, trx, ownerOf(place), value)
  }
  await saveSecrets(trx, id, sealed)
}

async function unlessTaken(name: string, work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!isMillraceError(error) || error.code !== 'DATABASE_UNIQUE_VIOLATION') throw error
    throw conflict(
      'CONNECTION_NAME_TAKEN',
      `There is a connection "${name}" here already. Change it, or choose another name.`,
    )
  }
}

async function readAgain(trx: Trx, place: Place, id: string): Promise<Connection> {
  const connection = await readConnection(trx, place, id)
  if (connection === null) throw missingConnection(id)
  return connection
}
