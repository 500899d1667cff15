import type { ConfigProperty } from './config-schema.ts'
import type { ConnectorDefinition } from './connector.ts'

type Schema = Readonly<Record<string, unknown>>

/** The settings of connectors as one JSON Schema: a definition each. Secret settings are `writeOnly`, for forms; `x-env` names the variables. */
export function connectorSchemas(definitions: readonly ConnectorDefinition[]): Schema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Settings of connectors',
    definitions: Object.fromEntries(definitions.map((definition) => [definition.name, connectorSchema(definition)])),
  }
}

function connectorSchema({ title, kind, schemes, capabilities, configSchema }: ConnectorDefinition): Schema {
  const { properties, required, secret, order } = configSchema
  return {
    title,
    type: 'object',
    properties: Object.fromEntries(
      order.flatMap((name) => {
        const property = properties[name]
        return property === undefined ? [] : [[name, propertySchema(property, secret.includes(name))]]
      }),
    ),
    required,
    additionalProperties: false,
    secret,
    order,
    'x-kind': kind,
    'x-schemes': schemes,
    'x-capabilities': capabilities,
  }
}

function propertySchema({ env = [], localPath, ...property }: ConfigProperty, secret: boolean): Schema {
  return {
    ...property,
    ...(secret ? { writeOnly: true } : {}),
    ...(env.length > 0 ? { 'x-env': env } : {}),
    ...(localPath ? { 'x-local-path': true } : {}),
  }
}
