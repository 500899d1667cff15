import { z } from '@hono/zod-openapi'
import {
  type ConnectorDefinition,
  connectorDefinition,
  connectorNames,
  connectorSchemas,
  isDriverInstalled,
} from '@millrace/connectors'
import { notFound } from '@millrace/http'
import { jsonMap } from '../common-schemas.ts'
import type { ServerApi } from '../principals.ts'

const tag = 'connections'
const writeModes = ['replace', 'append', 'merge', 'insert-only'] as const
const access = 'user'

const categories: Readonly<Record<ConnectorDefinition['kind'], string>> = {
  sql: 'Databases and warehouses',
  'object-store': 'Files and object stores',
  stream: 'Streams',
  notify: 'Messengers',
  api: 'APIs',
}

const connectorFields = {
  name: z.string(),
  title: z.string(),
  description: z.string().openapi({ description: 'What it can do, as a sentence.' }),
  kind: z.enum(['sql', 'object-store', 'stream', 'notify', 'api']),
  category: z.string().openapi({ description: 'Of a catalogue.', example: 'Databases and warehouses' }),
  schemes: z.array(z.string()).openapi({ description: 'Of addresses.' }),
  capabilities: z.object({
    source: z.boolean().openapi({ description: 'Can be copied from.' }),
    sink: z.boolean().openapi({ description: 'Can be copied to.' }),
    query: z.boolean(),
    scopes: z.boolean(),
    stream: z.boolean().openapi({ description: 'Messages can be read from it as they come.' }),
    notify: z.boolean().openapi({ description: 'Messages to people can be sent by it.' }),
    local_paths: z.boolean().openapi({ description: 'Reads and writes files of the machine where tasks run.' }),
    modes: z.array(z.enum(writeModes)).openapi({ description: 'Of copying to it.' }),
  }),
  drivers: z.array(z.string()).openapi({ description: 'npm packages that are installed apart, where tasks run.' }),
  missing_drivers: z.array(z.string()).openapi({ description: 'Those of them that this server does not have.' }),
  documentation: z
    .string()
    .openapi({ description: 'Place in the documentation.', example: 'connectors.md#postgresql-postgres' }),
}
const connectorSchema = z.object(connectorFields).openapi('Connector')
const connectorWithSchema = z
  .object({
    ...connectorFields,
    config_schema: jsonMap.openapi({
      description:
        'JSON Schema (draft 7) of the settings, for forms: secrets are `writeOnly`, `order` is that of a form, `x-group` is connection, sign-in, encryption or options, `x-env` names variables that give the value where tasks run.',
    }),
  })
  .openapi('ConnectorWithSchema')

/** What connections can be made of. */
export function catalogueRoutes(api: ServerApi): void {
  api.endpoint(
    {
      ...{ method: 'get', path: '/api/connectors', operationId: 'listConnectors', tag, access },
      summary: 'Connectors by name',
      answers: { 200: z.array(connectorSchema) },
    },
    async () => {
      const definitions = await Promise.all(connectorNames().map(connectorDefinition))
      return { status: 200, body: definitions.map(present) }
    },
  )

  api.endpoint(
    {
      ...{ method: 'get', path: '/api/connectors/{name}', operationId: 'getConnector', tag, access },
      summary: 'A connector with the JSON Schema of its settings',
      params: z.strictObject({ name: z.string().min(1).max(100) }),
      answers: { 200: connectorWithSchema },
    },
    async ({ params: { name } }) => {
      if (!connectorNames().includes(name)) {
        throw notFound(
          'CONNECTOR_MISSING',
          `There is no connector "${name}". /api/connectors lists those that there are.`,
        )
      }
      const definition = await connectorDefinition(name)
      const { definitions, $schema } = connectorSchemas([definition])
      const schemas = definitions as Readonly<Record<string, Record<string, unknown>>>
      return { status: 200, body: { ...present(definition), config_schema: { $schema, ...schemas[name] } } }
    },
  )
}

function present(definition: ConnectorDefinition): z.input<typeof connectorSchema> {
  const { name, title, kind, schemes, capabilities, drivers = [] } = definition
  const { source, sink, query, scopes, localPaths = false, modes = writeModes } = capabilities
  const can = { source, sink, query, scopes, stream: kind === 'stream', notify: kind === 'notify' }
  return {
    ...{ name, title, kind, description: sentenceOf(definition), category: categories[kind] },
    schemes: [...schemes],
    capabilities: { ...can, local_paths: localPaths, modes: sink ? [...modes] : [] },
    drivers: [...drivers],
    missing_drivers: drivers.filter((driver) => !isDriverInstalled(driver)),
    documentation: `connectors.md#${anchorOf(`${title} (${name})`)}`,
  }
}

function sentenceOf({ title, kind, capabilities: { source, sink } }: ConnectorDefinition): string {
  switch (kind) {
    case 'sql':
      return sink
        ? `Reads tables and queries of ${title}, writes tables, and runs SQL.`
        : `Reads tables and queries of ${title}, and runs SQL.`
    case 'object-store':
      return title === 'Files'
        ? 'Reads and writes tables as files of the machine where tasks run: CSV, NDJSON and Parquet.'
        : `Reads and writes tables as files in ${title}: CSV, NDJSON and Parquet.`
    case 'stream':
      return `Reads messages of ${title} as they come, and loads them into tables.`
    case 'notify':
      return `Tells people by ${title} how workflows went.`
    case 'api':
      return source ? `Reads the records of ${title} as tables.` : `Speaks to ${title}.`
  }
}

/** As documentation pages name a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w\s-]/g, '')
    .replaceAll(/\s/g, '-')
}
