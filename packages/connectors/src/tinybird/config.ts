import { ConfigError } from '@millrace/core'
import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'
import { parseServerUri } from '../kit/server-uri.ts'

export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    token: {
      type: 'string',
      title: 'Token',
      description:
        'May append to the data sources and read them; to create or replace them it needs DATASOURCES:CREATE or ADMIN.',
      env: ['TB_CDK_TOKEN'],
    },
    endpoint: {
      type: 'string',
      title: 'API address',
      description: 'The address of the region.',
      default: 'https://api.tinybird.co',
      env: ['TB_CDK_ENDPOINT'],
    },
    tag: {
      type: 'string',
      title: 'Tag',
      description: 'Names the caller in the logs of the API.',
      env: ['TB_CDK_TAG'],
    },
    max_rejected_rows: {
      type: 'integer',
      title: 'Most rows in quarantine',
      description: 'A load of which more rows than this are refused fails.',
      default: 0,
      minimum: 0,
    },
    folder: {
      type: 'string',
      title: 'Folder for loads',
      description:
        'Where rows wait until they are sent and what is left of interrupted loads is kept. Default: tinybird in the folder of MILLRACE_HOME.',
    },
  },
  required: ['token'],
  secret: ['token'],
  order: ['token', 'endpoint', 'tag', 'max_rejected_rows', 'folder'],
}

/**
 * `tinybird://api.tinybird.co`, or `tinybird:` alone when the environment names the endpoint. The token never stands in
 * an address, since addresses are shown. Plain HTTP is for this machine only.
 */
export function parseUri(uri: string): ConfigValues {
  if (/^tinybird:\/{0,2}$/.test(uri)) return {}
  const { host, port, user, password, database, token, endpoint, ...rest } = parseServerUri(uri, {
    system: 'Tinybird',
    example: 'tinybird://api.tinybird.co',
    configSchema: { ...configSchema, properties: { ...configSchema.properties, ...addressParts } },
    parameter: (name, value) => [name, value],
  })
  if (user !== undefined || password !== undefined || token !== undefined) {
    throw new ConfigError('TOKEN_IN_ADDRESS', {
      message:
        'A token must not stand in the address of Tinybird, since addresses are shown. Set TB_CDK_TOKEN instead.',
    })
  }
  if (database !== undefined || endpoint !== undefined) {
    throw new ConfigError('INVALID_URI', {
      message: 'The address of Tinybird is tinybird://HOST, without a path. Name the data source with --into.',
    })
  }
  if (host === undefined) {
    throw new ConfigError('INVALID_URI', {
      message: 'The address of Tinybird names no host. Write it like tinybird://api.tinybird.co.',
    })
  }
  const name = String(host).includes(':') ? `[${host}]` : String(host)
  const scheme = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(name) ? 'http' : 'https'
  return { endpoint: `${scheme}://${name}${port === undefined ? '' : `:${port}`}`, ...rest }
}

const part = (title: string) => ({ type: 'string', title }) as const
const addressParts = {
  host: part('Host'),
  port: part('Port'),
  user: part('User'),
  password: part('Password'),
  database: part('Path'),
}
