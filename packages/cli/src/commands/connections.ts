import type { Client, components } from '@millrace/client'
import { ConfigError, closestName } from '@millrace/core'
import { askAll, askJson } from '../ask-json.ts'
import { confirm } from '../confirm.ts'
import { type ConnectionSettings, givenSettings } from '../connection-settings.ts'
import { type Context, exitCodes } from '../context.ts'
import { findPlace, type Place, type PlaceOptions } from '../find-place.ts'
import { factsText } from '../output/facts.ts'
import { printJson } from '../output/print-json.ts'
import { printable } from '../output/printable.ts'
import { textTable } from '../output/table.ts'
import { localTime, zoneNote } from '../output/when.ts'
import { type ServerRequest, withUser } from '../server-connection.ts'

interface InPlace extends ServerRequest, PlaceOptions {}

interface OneConnection extends InPlace {
  readonly connection: string
}

type Connection = components['schemas']['Connection']

export async function listConnections(
  request: InPlace & { readonly usable?: true },
  context: Context,
): Promise<number> {
  return await withUser(request, context, async (client) => {
    const place = await placeOf(client, request)
    if (request.usable) return await listUsable(client, place, request, context)
    const connections = await allOf(client, place)
    if (request.json) return printJson(connections, context)
    if (connections.length === 0) {
      context.err(
        `There are no connections ${place.whose}. Save one with: millrace connections set NAME ${place.options} --uri URI\n`,
      )
      return exitCodes.done
    }
    const body = connections.map((one) => [
      ...[one.name, one.connector, whereTo(one), one.description ?? '', localTime(one.last_used_at)],
    ])
    context.out(textTable(['connection', 'connector', 'where', 'what', 'last used'], body))
    context.err(zoneNote())
    return exitCodes.done
  })
}

async function listUsable(client: Client, place: Place, { json }: ServerRequest, context: Context): Promise<number> {
  if (place.kind !== 'project') {
    throw new ConfigError('OPTION_WITHOUT_EFFECT', {
      message: '--usable shows what tasks of a project may name. Give --project with it.',
    })
  }
  const usable = await askAll<components['schemas']['UsableConnection']>(client, `${place.path}/usable-connections`)
  if (json) return printJson(usable, context)
  const body = usable.map(({ name, connector, of, description }) => [name, connector, of, description ?? ''])
  context.out(textTable(['connection', 'connector', 'of', 'what'], body))
  return exitCodes.done
}

export async function showConnection(request: OneConnection, context: Context): Promise<number> {
  return await withUser(request, context, async (client) => {
    const place = await placeOf(client, request)
    const one = await findConnection(client, place, request.connection)
    const uses = await askAll<components['schemas']['ConnectionUse']>(client, `${pathOf(place, one)}/used-by`)
    const usedBy = uses.filter(({ current }) => current)
    if (request.json) return printJson({ ...one, used_by: usedBy }, context)
    context.out(
      factsText(`${one.name}: ${one.connector}`, [
        ['description', one.description],
        ...Object.entries(one.config).map(([name, value]) => [name, `${value}`] as const),
        ['used by', usedBy.map(({ workflow }) => workflow).join(', ')],
        ['last used', localTime(one.last_used_at)],
        ['changed', localTime(one.updated_at)],
      ]),
    )
    context.err(zoneNote())
    return exitCodes.done
  })
}

/** Saves a connection, or changes the settings of one that there is. */
export async function setConnection(
  request: OneConnection & ConnectionSettings & { readonly description?: string },
  context: Context,
): Promise<number> {
  const { connection: name, description } = request
  return await withUser(request, context, async (client) => {
    const place = await placeOf(client, request)
    const before = (await allOf(client, place)).find((one) => one.name === name)
    const { connector, config } = await givenSettings(request, before?.connector, context)
    const about = description === undefined ? {} : { description }
    const kept =
      before === undefined
        ? await askJson<Connection>(client, `${place.path}/connections`, {
            method: 'POST',
            body: { name, connector, config: withoutNone(config), ...about },
          })
        : await askJson<Connection>(client, pathOf(place, before), {
            ...{ method: 'PATCH', headers: { 'if-match': before.etag } },
            body: { config, ...about },
          })
    if (request.json) return printJson(kept, context)
    context.out(`Connection ${name} ${place.whose} is ${before === undefined ? 'saved' : 'changed'}.\n`)
    context.err(`Try it with: millrace connections test ${name} ${place.options}\n`)
    return exitCodes.done
  })
}

/** Exits with 2 when the server cannot connect. */
export async function testConnection(request: OneConnection, context: Context): Promise<number> {
  return await withUser(request, context, async (client) => {
    const place = await placeOf(client, request)
    const one = await findConnection(client, place, request.connection)
    const path = `${pathOf(place, one)}/test`
    const result = await askJson<components['schemas']['ConnectionTest']>(client, path, { method: 'POST' })
    const code = result.ok ? exitCodes.done : exitCodes.usage
    if (request.json) {
      printJson(result, context)
      return code
    }
    const { ok, message, duration_ms } = result
    if (ok) context.out(`${printable(message)} (${duration_ms} ms, from the server)\n`)
    else context.err(`error: The server cannot connect by ${one.name}: ${printable(message)} [CONNECTION_FAILED]\n`)
    return code
  })
}

export async function deleteConnection(
  request: OneConnection & { readonly yes?: boolean },
  context: Context,
): Promise<number> {
  return await withUser(request, context, async (client) => {
    const place = await placeOf(client, request)
    const one = await findConnection(client, place, request.connection)
    await confirm(
      `Remove the connection ${one.name} ${place.whose}? Tasks that ask for it fail from now on.`,
      request,
      context,
    )
    await askJson(client, pathOf(place, one), { method: 'DELETE' })
    if (request.json) return printJson({ removed: one.name, id: one.id }, context)
    context.out(`Connection ${one.name} ${place.whose} was removed.\n`)
    return exitCodes.done
  })
}

/** @throws ConfigError `PLACE_MISSING` */
async function placeOf(client: Client, request: PlaceOptions): Promise<Place> {
  const place = await findPlace(client, request)
  if (place !== null) return place
  throw new ConfigError('PLACE_MISSING', {
    message: 'Say whose connections: --project NAMESPACE/SLUG, --namespace SLUG, or --platform.',
  })
}

async function allOf(client: Client, { path }: Place): Promise<readonly Connection[]> {
  return await askAll<Connection>(client, `${path}/connections`)
}

async function findConnection(client: Client, place: Place, name: string): Promise<Connection> {
  const all = await allOf(client, place)
  const found = all.find((one) => one.name === name)
  if (found !== undefined) return found
  const closest = closestName(
    name,
    all.map((one) => one.name),
  )
  const hint =
    closest === undefined ? `"millrace connections list" shows those that there are.` : `Did you mean "${closest}"?`
  throw new ConfigError('CONNECTION_MISSING', {
    message: `There is no connection "${name}" ${place.whose}. ${hint}`,
  })
}

function pathOf({ path }: Place, { id }: Connection): string {
  return `${path}/connections/${id}`
}

/** Of a new one nothing can be taken away. */
function withoutNone(config: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== null))
}

/** What tells connections apart, as far as their connectors have it. */
function whereTo({ config }: Connection): string {
  const { host, database, bucket, path, url } = config
  return [host ?? url ?? bucket, database ?? path].filter((one) => one !== undefined).join('/')
}
