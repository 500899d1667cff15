import type { ConfigProperty } from './config-schema.ts'
import type { ConnectorDefinition } from './connector.ts'

type Schema = Readonly<Record<string, unknown>>

/** The settings of connectors as one JSON Schema: a definition each. Secret settings are `writeOnly` and `x-group` says what stands together, for forms; `x-env` names the variables. */
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
        return property === undefined
          ? []
          : [
              [
                name,
                propertySchema(name, property, {
                  isSecret: secret.includes(name),
                  isRequired: required.includes(name),
                }),
              ],
            ]
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

function propertySchema(
  name: string,
  { env = [], localPath, ...property }: ConfigProperty,
  { isSecret, isRequired }: { readonly isSecret: boolean; readonly isRequired: boolean },
): Schema {
  return {
    ...property,
    ...(isSecret ? { writeOnly: true } : {}),
    'x-group': groupOf(name, { isSecret, isRequired }),
    ...(env.length > 0 ? { 'x-env': env } : {}),
    ...(localPath ? { 'x-local-path': true } : {}),
  }
}

/** What settings stand together in a form, by what they are called throughout. */
function groupOf(
  name: string,
  { isSecret, isRequired }: { readonly isSecret: boolean; readonly isRequired: boolean },
): 'connection' | 'sign-in' | 'encryption' | 'options' {
  if (/^(tls|ssl)|^(ca|encrypt|trust_server_certificate)$/.test(name)) return 'encryption'
  if (
    isSecret ||
    /(^|_)(user|username|credentials|credentials_file|access_key_id|account|role|profile|auth)$/.test(name)
  ) {
    return 'sign-in'
  }
  if (
    isRequired ||
    /^(host|port|database|schema|path|bucket|endpoint|url|socket|region|project|warehouse|brokers|topic|queue|stream)$/.test(
      name,
    )
  ) {
    return 'connection'
  }
  return 'options'
}
