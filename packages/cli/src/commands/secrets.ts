import type { Client } from '@millrace/client'
import { ConfigError, closestName, parseInstant } from '@millrace/core'
import { askAll, askJson } from '../ask-json.ts'
import { confirm } from '../confirm.ts'
import { type Context, exitCodes } from '../context.ts'
import { findPlace, type PlaceOptions } from '../find-place.ts'
import { printJson } from '../output/print-json.ts'
import { textTable } from '../output/table.ts'
import { localTime, zoneNote } from '../output/when.ts'
import { readSecret } from '../read-secret.ts'
import { type ServerRequest, withUser } from '../server-connection.ts'

interface InPlace extends ServerRequest, PlaceOptions {}

interface OneSecret extends InPlace {
  readonly secret: string
}

/** What the server says of a secret: of one of the caller's own, or of one for tasks. */
interface Secret {
  readonly id: string
  readonly name: string
  readonly description?: string
  /** Of tasks. */
  readonly expires_at?: string
  readonly updated_at?: string
  /** Of the caller. */
  readonly kind?: string
  readonly default_filename?: string
  readonly expiration_timestamp?: string | null
  readonly modification_date?: string
}

interface SecretsPlace {
  readonly path: string
  readonly whose: string
  /** Of the caller, for sessions; else for tasks. */
  readonly isOwn: boolean
}

export async function listSecrets(request: InPlace, context: Context): Promise<number> {
  return await withUser(request, context, async (client) => {
    const place = await placeOf(client, request)
    const secrets = await askAll<Secret>(client, place.path)
    if (request.json) return printJson(secrets, context)
    if (secrets.length === 0) {
      context.err(`There are no secrets ${place.whose}. Keep one with: millrace secrets set NAME\n`)
      return exitCodes.done
    }
    const body = secrets.map((one) => [
      ...[one.name, place.isOwn ? `file ${one.default_filename}` : (one.description ?? '')],
      localTime(one.expires_at ?? one.expiration_timestamp ?? undefined),
      localTime(one.updated_at ?? one.modification_date),
    ])
    context.out(textTable(['secret', 'what', 'expires', 'changed'], body))
    context.err(zoneNote())
    return exitCodes.done
  })
}

/** Keeps a secret, or gives one that there is another value. */
export async function setSecret(
  request: OneSecret & {
    readonly fromFile?: string
    readonly description?: string
    readonly fileName?: string
    readonly expires?: string
  },
  context: Context,
): Promise<number> {
  const { secret: name, description, fileName, json = false } = request
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const expires = request.expires === undefined ? undefined : parseInstant(request.expires, zone).toISOString()
  return await withUser(request, context, async (client) => {
    const place = await placeOf(client, request)
    refuseForeign(place, request)
    const before = (await askAll<Secret>(client, place.path)).find((one) => one.name === name)
    const value = await readSecret({ question: `Value of ${name}`, ...pick(request) }, context)
    const body = {
      value,
      ...(description === undefined ? {} : { description }),
      ...(fileName === undefined ? {} : { default_filename: fileName }),
      ...(expires === undefined ? {} : { [place.isOwn ? 'expiration_timestamp' : 'expires_at']: expires }),
    }
    const kept =
      before === undefined
        ? await askJson<Secret>(client, place.path, { method: 'POST', body: { name, ...body } })
        : await askJson<Secret>(client, pathOf(place, before), { method: 'PATCH', body })
    if (json) return printJson(kept, context)
    context.out(`Secret ${name} ${place.whose} ${before === undefined ? 'is kept' : 'has another value'}.\n`)
    return exitCodes.done
  })
}

export async function deleteSecret(request: OneSecret & { readonly yes?: boolean }, context: Context): Promise<number> {
  const { secret: name } = request
  return await withUser(request, context, async (client) => {
    const place = await placeOf(client, request)
    const secrets = await askAll<Secret>(client, place.path)
    const found = secrets.find((one) => one.name === name)
    if (found === undefined) throw missing(name, place, secrets)
    const end = place.isOwn ? 'Sessions that use it do not get it any more.' : 'Tasks that ask for it fail from now on.'
    await confirm(`Remove the secret ${name} ${place.whose}? ${end}`, request, context)
    await askJson(client, pathOf(place, found), { method: 'DELETE' })
    if (request.json) return printJson({ removed: name, id: found.id }, context)
    context.out(`Secret ${name} ${place.whose} was removed.\n`)
    return exitCodes.done
  })
}

async function placeOf(client: Client, request: PlaceOptions): Promise<SecretsPlace> {
  const place = await findPlace(client, request)
  if (place === null) return { path: '/api/data/user/secrets', whose: 'of yours', isOwn: true }
  const { kind, path, whose } = place
  return { path: `${kind === 'platform' ? '/api/platform' : path}/secrets`, whose, isOwn: false }
}

function pathOf({ path }: SecretsPlace, { id }: Secret): string {
  return `${path}/${id}`
}

function refuseForeign({ isOwn }: SecretsPlace, given: { readonly description?: string; readonly fileName?: string }) {
  const wrong =
    isOwn && given.description !== undefined ? '--description' : !isOwn && given.fileName ? '--file-name' : null
  if (wrong === null) return
  const whose = isOwn ? 'a project, a namespace or the platform' : 'your own'
  throw new ConfigError('OPTION_WITHOUT_EFFECT', { message: `${wrong} is for secrets of ${whose}. Leave it out.` })
}

function pick({ fromFile }: { readonly fromFile?: string }) {
  return fromFile === undefined ? {} : { fromFile }
}

function missing(name: string, { whose }: SecretsPlace, secrets: readonly Secret[]): ConfigError {
  const closest = closestName(
    name,
    secrets.map((one) => one.name),
  )
  const hint =
    closest === undefined ? '"millrace secrets list" shows those that there are.' : `Did you mean "${closest}"?`
  return new ConfigError('SECRET_MISSING', { message: `There is no secret "${name}" ${whose}. ${hint}` })
}
