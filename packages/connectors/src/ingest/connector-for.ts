import { ConfigError, isMillraceError, type MillraceError } from '@millrace/core'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { Connector, ConnectorDefinition, SqlConnector } from '../kit/connector.ts'
import type { ObjectStoreConnector } from '../kit/object-store.ts'
import { secretsOf } from '../kit/redact.ts'
import { connectorDefinition } from '../kit/registry.ts'
import { resolveConfig } from '../kit/resolve-config.ts'
import type { StreamConnector } from '../kit/stream.ts'
import { createBase, type IngestBase } from './base.ts'
import { createCloudIngest } from './cloud-ingest.ts'
import type { Environment } from './config.ts'
import { MissingConfiguration, UnknownConnectorError } from './errors.ts'
import { createSqlIngest } from './sql-ingest.ts'
import type { CloudName, IngestFor, SqlName, StreamName } from './types.ts'

export interface ConnectorForOptions {
  /** Default `process.env`. */
  readonly environment?: Environment
  /** Values that come before those of the environment, for tests and for two connectors of one kind. */
  readonly config?: ConfigValues
  /** Takes the lines of the log. Default: standard output. */
  readonly write?: (line: string) => void
}

/**
 * Makes the connector of an ingestion script: `await using warehouse = await connectorFor('postgres')`.
 * Everything that it needs to know comes from the environment: `TB_CDK_TOKEN` and `TB_CDK_TAG` of
 * Tinybird, and what the source's own tools read, such as `PGHOST`. Exceptions of its methods are
 * logged, and are Millrace's or have one of Millrace's around them; `withConnector` does the same for
 * whatever the script itself throws.
 *
 * @throws MissingConfiguration, UnknownConnectorError; a failure inside the connector's own module as it is
 */
export async function connectorFor<Name extends SqlName | CloudName | StreamName | (string & {})>(
  name: Name,
  options: ConnectorForOptions = {},
): Promise<IngestFor<Name>> {
  const { environment = process.env, config = {}, write } = options
  const definition = await definitionOf(name)
  const values = configOf(definition, config, environment)
  const secrets = secretsOf(definition.configSchema, values)
  const base = createBase({ name: definition.name, environment, secrets, ...(write ? { write } : {}) })
  const connector = definition.create(values)
  // The name decides the kind, which only the map of names in `types.ts` knows at compile time.
  return (await ingestOf(base, connector)) as IngestFor<Name>
}

async function ingestOf(base: IngestBase, connector: Connector): Promise<IngestFor<string>> {
  switch (connector.definition.kind) {
    case 'sql':
      return createSqlIngest(base, connector as SqlConnector)
    case 'object-store':
      return createCloudIngest(base, connector as ObjectStoreConnector)
    case 'stream': {
      const { createStreamIngest } = await import('./stream-ingest.ts')
      return createStreamIngest(base, connector as StreamConnector)
    }
    default:
      throw new ConfigError('NOT_SUPPORTED', {
        message: `${connector.definition.title} has no rows to ingest. Use a database, an object store or a stream.`,
      })
  }
}

async function definitionOf(name: string): Promise<ConnectorDefinition> {
  try {
    return await connectorDefinition(name === 'postgresql' ? 'postgres' : name)
  } catch (error) {
    if (!hasCode(error, 'UNKNOWN_CONNECTOR')) throw error
    throw new UnknownConnectorError({ message: error.message, details: error.details, cause: error })
  }
}

function configOf(definition: ConnectorDefinition, config: ConfigValues, environment: Environment): ConfigValues {
  try {
    return resolveConfig(definition, config, environment)
  } catch (error) {
    if (!hasCode(error, 'MISSING_CONFIGURATION')) throw error
    throw new MissingConfiguration({ message: error.message, details: error.details, cause: error })
  }
}

function hasCode(error: unknown, code: string): error is MillraceError {
  return isMillraceError(error) && error.code === code
}
