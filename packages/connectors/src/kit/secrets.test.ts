import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { redactFields } from '@millrace/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ConfigProperty, ConfigValues } from './config-schema.ts'
import type { Connector, ConnectorDefinition, TableConnector } from './connector.ts'
import type { NotifyConnector } from './notify.ts'
import type { ObjectStoreConnector } from './object-store.ts'
import { redactConfig, secretsOf } from './redact.ts'
import { connectorDefinition, connectorNames } from './registry.ts'
import { resolveConfig } from './resolve-config.ts'
import type { StreamConnector } from './stream.ts'

/*
 * Nobody listens where these connectors are sent, so all they can do is fail. Whatever they say on
 * the way, they must not repeat a secret. The names of secret settings come from the schemas, so a
 * new connector is held to this by having one.
 */
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-secrets-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const definitions = await Promise.all(connectorNames().map((name) => connectorDefinition(name)))

/** A value that could be meant, and that leads nowhere. */
function plausible(name: string, { type, enum: choices, default: preset }: ConfigProperty): string | number | boolean {
  if (choices) return String(preset ?? choices[0])
  if (/port$/.test(name)) return 1
  if (type === 'integer') return typeof preset === 'number' ? preset : 1
  if (type === 'boolean') return preset === true
  if (/url|endpoint|address/.test(name)) return 'http://127.0.0.1:1'
  if (/host|server|broker|bootstrap/.test(name))
    return /broker|bootstrap|servers/.test(name) ? '127.0.0.1:1' : '127.0.0.1'
  if (name === 'from' || name === 'to') return 'nobody@example.com'
  if (/^(path|socket|file|.*_(file|ca|cert|key_file))$/.test(name)) return join(folder, 'nothing.here')
  return typeof preset === 'string' ? preset : `any-${name.replaceAll('_', '-')}`
}

/** Looks like what it stands for, so that it is not refused before it is used. */
function secretValue(name: string): string {
  if (/url|endpoint/.test(name)) return `http://127.0.0.1:1/hook-s3cr3t-${name}`
  return `s3cr3t-${name}-9f8e7d`
}

function configOf({ configSchema }: ConnectorDefinition): ConfigValues {
  const wanted = new Set([...configSchema.required, ...configSchema.secret])
  for (const name of configSchema.order) {
    if (
      /^(host|port|endpoint|api_url|url|servers?|brokers|bootstrap_servers|user|account|bucket|container|region)$/.test(
        name,
      )
    ) {
      wanted.add(name)
    }
  }
  return Object.fromEntries(
    [...wanted].flatMap((name) => {
      const property = configSchema.properties[name]
      if (!property) return []
      return [[name, configSchema.secret.includes(name) ? secretValue(name) : plausible(name, property)]]
    }),
  )
}

/** Everything that a person could come to see of it. */
function visible(thing: unknown): string {
  const parts = [inspect(thing, { depth: 12, showHidden: true, getters: true }), String(thing)]
  try {
    parts.push(JSON.stringify(thing) ?? '')
  } catch {
    parts.push('')
  }
  return parts.join('\n')
}

async function attempts(connector: Connector, signal: AbortSignal): Promise<unknown[]> {
  const results: unknown[] = [connector.label, connector]
  const attempt = async (work: () => Promise<unknown>) => {
    try {
      results.push(await work())
    } catch (error) {
      results.push(error)
    }
  }
  await attempt(() => connector.testConnection(signal))
  const { kind, capabilities } = connector.definition
  if (capabilities.source)
    await attempt(async () => await (await (connector as TableConnector).openSource({ signal })).listTables(['x']))
  if (kind === 'object-store') {
    await attempt(async () => await (connector as ObjectStoreConnector).bucket(join(folder, 'b')).stat('key', signal))
    await attempt(async () => (connector as ObjectStoreConnector).bucket(join(folder, 'b')).uri('key'))
  }
  if (kind === 'stream') {
    await attempt(
      async () => await (connector as StreamConnector).openConsumer({ stream: 's', stateDirectory: folder, signal }),
    )
  }
  if (kind === 'notify') {
    await attempt(async () => await (connector as NotifyConnector).notify({ level: 'info', title: 'x' }, { signal }))
  }
  return results
}

describe.each(definitions.map((definition) => [definition.name, definition] as const))('%s', (_, definition) => {
  const { configSchema } = definition

  test('a setting that is named like a secret is one', () => {
    const named = Object.keys(configSchema.properties).filter((name) =>
      /(^|_)(password|passwd|pwd|secret|token|passphrase|credentials_json|private_key|account_key|connection_string)$/.test(
        name,
      ),
    )
    expect(configSchema.secret).toEqual(expect.arrayContaining(named))
    for (const name of configSchema.secret) expect(configSchema.properties).toHaveProperty(name)
    expect([...configSchema.order].sort()).toEqual(Object.keys(configSchema.properties).sort())
  })

  test.skipIf(configSchema.secret.length === 0)('no secret is in anything that it shows or throws', async () => {
    const config = resolveConfig(definition, configOf(definition), {})
    const secrets = secretsOf(configSchema, config)
    expect(secrets.length).toBe(configSchema.secret.length)
    const shown: unknown[] = [redactConfig(configSchema, config)]
    let connector: Connector | undefined
    try {
      connector = definition.create(config)
    } catch (error) {
      shown.push(error)
    }
    if (connector) {
      shown.push(...(await attempts(connector, AbortSignal.timeout(3000))))
      await connector[Symbol.asyncDispose]()
    }
    for (const thing of shown) {
      const text = visible(thing instanceof Error ? redactFields(thing, new Set(), []) : thing)
      const plain = thing instanceof Error ? `${visible(thing)}\n${text}` : text
      for (const secret of secrets) expect(plain).not.toContain(secret)
    }
  })

  test('an address that cannot be read is not repeated', () => {
    for (const scheme of definition.schemes) {
      for (const uri of [`${scheme}://user:p@ss/w#rd@host:nine/x`, `${scheme}://u:s3cr3t-pass@[/x?y=%zz`]) {
        let error: unknown
        try {
          definition.parseUri(uri)
        } catch (thrown) {
          error = thrown
        }
        if (error !== undefined) expect(visible(error)).not.toMatch(/s3cr3t-pass|w#rd/)
      }
    }
  })
})
