import { type ConfigSchema, type ConfigValues, parseDatabaseUri } from '@millrace/connectors/kit'

/** Forms, documentation, validation and redaction are made from this. Name what must never be shown in `secret`. */
export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    path: { type: 'string', title: 'Database file', env: ['ACME_DATABASE'] },
  },
  required: ['path'],
  secret: [],
  order: ['path'],
}

/** `acme:path`. A system with a server reads its address with `parseServerUri`. */
export function parseUri(uri: string): ConfigValues {
  return parseDatabaseUri(uri, [])
}
