import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'
import { parseServerUri } from '../kit/server-uri.ts'

export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    account: {
      type: 'string',
      title: 'Account',
      description: 'Identifier such as `organization-account`.',
      env: ['SF_ACCOUNT'],
    },
    user: { type: 'string', title: 'User', env: ['SF_USER'] },
    password: { type: 'string', title: 'Password', env: ['SF_PWD'] },
    private_key: {
      type: 'string',
      title: 'Private key',
      description: 'PEM of a key pair, instead of a password.',
      env: ['SF_PRIVATE_KEY'],
    },
    role: { type: 'string', title: 'Role', env: ['SF_ROLE'] },
    warehouse: { type: 'string', title: 'Warehouse', env: ['SF_WAREHOUSE'] },
    database: { type: 'string', title: 'Database', env: ['SF_DATABASE'] },
    schema: { type: 'string', title: 'Schema', env: ['SF_SCHEMA'] },
    stage: {
      type: 'string',
      title: 'Stage for exports',
      description:
        'Name as SQL writes it. Without one, exports are made by reading the result. Files of a stage on S3 or Cloud Storage are handed on from there.',
      env: ['SF_STAGE'],
    },
    endpoint: {
      type: 'string',
      title: 'Address of the API',
      description: 'Default: that of the account.',
      env: ['SF_ENDPOINT'],
    },
  },
  required: ['account', 'user'],
  secret: ['password', 'private_key'],
  order: ['account', 'user', 'password', 'private_key', 'role', 'warehouse', 'database', 'schema', 'stage', 'endpoint'],
}

/** `snowflake://user:password@account/database/schema?warehouse=load` */
export function parseUri(uri: string): ConfigValues {
  return parseServerUri(uri, {
    system: 'Snowflake',
    example: 'snowflake://user:password@account/database/schema?warehouse=load',
    configSchema,
    parameter: (name, value) => [name, value],
    parts({ host, database: path, ...rest }) {
      const [database, ...schema] = (path ?? '').split('/')
      return {
        ...rest,
        ...(host === undefined ? {} : { account: host }),
        ...(database ? { database } : {}),
        ...(schema.length > 0 && schema[0] ? { schema: schema.join('/') } : {}),
      }
    },
  })
}

export function labelOf(config: ConfigValues): string {
  const path = [config.database, config.schema].filter(Boolean).join('/')
  return `snowflake://${config.account ?? ''}${path ? `/${path}` : ''}`
}
