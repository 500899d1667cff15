import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'
import { parseServerUri } from '../kit/server-uri.ts'

const order = [
  'host',
  'port',
  'database',
  'user',
  'password',
  'sslmode',
  'sslrootcert',
  'connect_timeout',
  'bucket',
  'folder',
  'region',
  'iam_role',
  'access_key_id',
  'secret_access_key',
  'session_token',
  's3_endpoint',
] as const

/** The server speaks PostgreSQL's protocol, so libpq's variables are taken where there are none of its own. */
export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    host: {
      type: 'string',
      title: 'Host',
      description: 'Endpoint of the cluster or the workgroup.',
      env: ['REDSHIFT_HOST', 'PGHOST'],
    },
    port: {
      type: 'integer',
      title: 'Port',
      default: 5439,
      minimum: 1,
      maximum: 65535,
      env: ['REDSHIFT_PORT', 'PGPORT'],
    },
    database: { type: 'string', title: 'Database', default: 'dev', env: ['REDSHIFT_DATABASE', 'PGDATABASE'] },
    user: { type: 'string', title: 'User', env: ['REDSHIFT_USER', 'PGUSER'] },
    password: { type: 'string', title: 'Password', env: ['REDSHIFT_PASSWORD', 'PGPASSWORD'] },
    sslmode: {
      type: 'string',
      title: 'TLS',
      description:
        'require: always; verify-ca and verify-full also check the certificate, the latter with the name of the host; prefer: with TLS when the server has it.',
      default: 'require',
      enum: ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'],
      env: ['REDSHIFT_SSLMODE', 'PGSSLMODE'],
    },
    sslrootcert: {
      type: 'string',
      title: 'Certificate authority',
      description:
        'File that the certificate of the server is checked against; `system` for the authorities known to the runtime.',
      env: ['PGSSLROOTCERT'],
      localPath: true,
    },
    connect_timeout: {
      type: 'integer',
      title: 'Connection timeout in seconds',
      description: '0 waits without end.',
      default: 30,
      minimum: 0,
      env: ['PGCONNECT_TIMEOUT'],
    },
    bucket: {
      type: 'string',
      title: 'Bucket for exports',
      description: 'S3 bucket that UNLOAD writes to. Without one, exports are made through the connection.',
      env: ['REDSHIFT_BUCKET'],
    },
    folder: { type: 'string', title: 'Folder in the bucket', env: ['REDSHIFT_FOLDER'] },
    region: {
      type: 'string',
      title: 'Region of the bucket',
      description: 'Needed when the bucket is not in the region of the cluster.',
      env: ['REDSHIFT_BUCKET_REGION', 'AWS_REGION'],
    },
    iam_role: {
      type: 'string',
      title: 'IAM role',
      description: 'ARN of the role with which the cluster writes to the bucket, or `default`.',
      env: ['REDSHIFT_IAM_ROLE'],
    },
    access_key_id: {
      type: 'string',
      title: 'Access key',
      description: 'For the cluster when there is no role, and for reading and removing what it wrote.',
      env: ['AWS_ACCESS_KEY_ID'],
    },
    secret_access_key: { type: 'string', title: 'Secret access key', env: ['AWS_SECRET_ACCESS_KEY'] },
    session_token: { type: 'string', title: 'Session token', env: ['AWS_SESSION_TOKEN'] },
    s3_endpoint: {
      type: 'string',
      title: 'Address of the S3 server',
      description: 'Default: that of AWS.',
      env: ['AWS_ENDPOINT_URL_S3'],
    },
  },
  required: ['host', 'port'],
  secret: ['password', 'secret_access_key', 'session_token'],
  order,
}

/** `redshift://user:password@host:port/database?bucket=exports&iam_role=default` */
export function parseUri(uri: string): ConfigValues {
  return parseServerUri(uri, {
    system: 'Redshift',
    example: 'redshift://user:password@host:5439/database',
    configSchema,
    parameter: (name, value) => [name === 'dbname' ? 'database' : name, value],
  })
}

/** Host, port and database, for messages and manifests. */
export function labelOf(config: ConfigValues): string {
  const host = String(config.host)
  return `redshift://${host.includes(':') ? `[${host}]` : host}:${config.port ?? 5439}/${config.database ?? 'dev'}`
}
