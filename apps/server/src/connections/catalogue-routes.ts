import { z } from '@hono/zod-openapi'
import { type ConnectorDefinition, connectorDefinition, connectorNames, connectorSchemas } from '@millrace/connectors'
import { notFound } from '@millrace/http'
import { jsonMap } from '../common-schemas.ts'
import type { ServerApi } from '../server-context.ts'

const tag = 'connections'
const access = 'user'

const connectorFields = {
  name: z.string(),
  title: z.string(),
  kind: z.enum(['sql', 'object-store', 'stream', 'notify', 'api']),
  schemes: z.array(z.string()).openapi({ description: 'Of addresses.' }),
  capabilities: z.object({ source: z.boolean(), sink: z.boolean(), query: z.boolean(), scopes: z.boolean() }),
  drivers: z.array(z.string()).openapi({ description: 'npm packages that are installed apart, where tasks run.' }),
}
const connectorSchema = z.object(connectorFields).openapi('Connector')
const connectorWithSchema = z
  .object({
    ...connectorFields,
    config_schema: jsonMap.openapi({
      description: 'JSON Schema of the settings, for forms: secrets are `writeOnly`, `order` is that of a form.',
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
      const { definitions } = connectorSchemas([definition])
      const schemas = definitions as Readonly<Record<string, Record<string, unknown>>>
      return { status: 200, body: { ...present(definition), config_schema: schemas[name] ?? {} } }
    },
  )
}

function present({ name, title, kind, schemes, capabilities, drivers = [] }: ConnectorDefinition) {
  const { source, sink, query, scopes } = capabilities
  const can = { source, sink, query, scopes }
  return { name, title, kind, schemes: [...schemes], capabilities: can, drivers: [...drivers] }
}
