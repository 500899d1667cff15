import { readFile, writeFile } from 'node:fs/promises'
import {
  connectorDefinition,
  connectorNames,
  connectorSchemas,
  formatTableName,
  type Row,
  type SqlConnector,
  type TableConnector,
} from '@millrace/connectors'
import { ConfigError } from '@millrace/core'
import { readConnections } from '../config-file/config-file.ts'
import { type Context, exitCodes } from '../context.ts'
import { type EndpointLookup, resolveConnector, resolveEndpoint } from '../endpoint.ts'
import { count } from '../output/amounts.ts'
import { setGithubOutput } from '../output/github-output.ts'
import { printJson } from '../output/print-json.ts'
import { printable } from '../output/printable.ts'
import { textTable } from '../output/table.ts'

interface Output {
  readonly json: boolean
}

export async function listConnectors({ json }: Output, context: Context): Promise<number> {
  const definitions = await Promise.all(connectorNames().map((name) => connectorDefinition(name)))
  const listed = definitions.map(({ name, title, kind, schemes, capabilities }) => ({
    name,
    title,
    kind,
    schemes,
    capabilities,
  }))
  if (json) return printJson(listed, context)
  const yes = (value: boolean) => (value ? 'yes' : 'no')
  context.out(
    textTable(
      ['name', 'system', 'kind', 'addresses', 'source', 'destination', 'query'],
      listed.map(({ name, title, kind, schemes, capabilities }) => [
        name,
        title,
        kind,
        schemes.length > 0 ? schemes.map((scheme) => `${scheme}:`).join(' ') : 'a path, -',
        yes(capabilities.source),
        yes(capabilities.sink),
        yes(capabilities.query),
      ]),
    ),
  )
  return exitCodes.done
}

export async function showConnector({ name, json }: Output & { readonly name: string }, context: Context) {
  const { title, kind, schemes, capabilities, configSchema } = await connectorDefinition(name)
  if (json) return printJson({ name, title, kind, schemes, capabilities, configSchema }, context)
  const addresses =
    schemes.length > 0 ? schemes.map((scheme) => `${scheme}:`).join(', ') : 'a path, or - for standard input and output'
  context.out(`${title}. Addresses: ${addresses}\n`)
  for (const key of configSchema.order) {
    const property = configSchema.properties[key]
    if (!property) continue
    const facts = [
      property.enum ? property.enum.join(' | ') : property.type,
      ...(configSchema.required.includes(key) && property.default === undefined ? ['required'] : []),
      ...(configSchema.secret.includes(key) ? ['secret'] : []),
      ...(property.default === undefined ? [] : [`default ${property.default}`]),
      ...(property.env?.length ? [`from ${property.env.join(' or ')}`] : []),
    ]
    context.out(
      `\n${key}: ${facts.join(', ')}\n  ${[property.title, property.description].filter(Boolean).join('. ')}\n`,
    )
  }
  return exitCodes.done
}

export async function printSchema(
  { name, write, check }: { readonly name?: string; readonly write?: string | true; readonly check?: string },
  context: Context,
): Promise<number> {
  const schema = connectorSchemas(await Promise.all((name ? [name] : connectorNames()).map(connectorDefinition)))
  const text = `${JSON.stringify(schema, null, 2)}\n`
  if (check !== undefined) {
    const there = await readFile(check, 'utf8').catch(() => null)
    if (there === text) return exitCodes.done
    context.err(
      `${check} ${there === null ? 'is not there' : 'differs from the connectors'}. Write it with: millrace connectors schema --write ${check}\n`,
    )
    return exitCodes.different
  }
  if (write === undefined) context.out(text)
  else await writeFile(write === true ? 'connectors.schema.json' : write, text)
  return exitCodes.done
}

export async function testConnection({ uri, json }: Output & { readonly uri: string }, context: Context) {
  const resolved = await resolveConnector(uri, 'system', lookupOf(context))
  await using connector = resolved.create()
  const result = await connector.testConnection(context.signal)
  const { mask } = context.secrets
  if (json) context.out(`${mask(JSON.stringify(result))}\n`)
  else context.out(mask(`${result.ok ? 'ok' : 'failed'}: ${printable(result.message)}\n`))
  return result.ok ? exitCodes.done : exitCodes.usage
}

export async function discover(
  { uri, patterns, columns, json }: Output & { uri: string; patterns: readonly string[]; columns: boolean },
  context: Context,
): Promise<number> {
  await using connector = await connect(uri, context)
  await using source = await connector.openSource({ signal: context.signal })
  const tables = await source.listTables(patterns.length > 0 ? patterns : ['*'])
  if (!columns) {
    const names = tables.map(formatTableName)
    if (json) return printJson(names, context)
    for (const name of names) context.out(`${printable(name)}\n`)
    return exitCodes.done
  }
  const described = []
  for (const table of tables) {
    context.signal.throwIfAborted()
    const schema = await source.describe({ kind: 'table', table })
    const name = formatTableName(table)
    described.push({ table: name, ...schema })
    if (json) continue
    const size = schema.estimatedRows === null ? '' : ` (about ${count(schema.estimatedRows)} rows)`
    context.out(`${printable(name)}${size}\n`)
    const body = schema.columns.map((column) => [
      column.name,
      column.sourceType,
      column.type.kind,
      column.nullable ? 'yes' : 'no',
      schema.primaryKey.includes(column.name) ? 'yes' : '',
    ])
    context.out(`${textTable(['column', 'type', 'kind', 'null', 'primary key'], body)}\n`)
  }
  return json ? printJson(described, context) : exitCodes.done
}

export async function query(
  {
    uri,
    sql,
    scalar,
    json,
    githubOutput,
  }: Output & { uri: string; sql: string; scalar: boolean; githubOutput?: string },
  context: Context,
): Promise<number> {
  await using connector = await connect(uri, context)
  if (!isSql(connector)) {
    throw new ConfigError('NOT_SUPPORTED', {
      message: `${connector.definition.title} cannot be queried. "millrace connectors list" shows which connectors can.`,
    })
  }
  if (scalar) {
    const value = await connector.query(sql, { scalar: true, signal: context.signal })
    context.out(`${json ? JSON.stringify(value) : String(value)}\n`)
    if (githubOutput !== undefined) await setGithubOutput(githubOutput, String(value))
    return exitCodes.done
  }
  const found = await connector.query(sql, { signal: context.signal })
  if (githubOutput !== undefined) await setGithubOutput(githubOutput, JSON.stringify(found))
  if (json) return printJson(found, context)
  const header = Object.keys(found[0] ?? {})
  if (header.length > 0)
    context.out(
      textTable(
        header,
        found.map((row) => cells(row, header)),
      ),
    )
  context.err(`${found.length} ${found.length === 1 ? 'row' : 'rows'}\n`)
  return exitCodes.done
}

function cells(row: Row, header: readonly string[]): string[] {
  return header.map((name) => String(row[name] ?? '∅'))
}

function isSql(connector: TableConnector): connector is SqlConnector {
  return connector.definition.kind === 'sql' && connector.definition.capabilities.query
}

async function connect(uri: string, context: Context): Promise<TableConnector> {
  return (await resolveEndpoint(uri, 'source', lookupOf(context))).connect()
}

function lookupOf(context: Context): EndpointLookup {
  return { connections: () => readConnections(), secrets: context.secrets }
}
