import { ConfigError } from '@millrace/core'
import type { ConfigSchema, ConfigValues } from '../kit/config-schema.ts'
import { parseBucketUri } from '../kit/object-config.ts'
import { objectTransferProperties, objectTransferSettings } from '../object-transfer/config.ts'

export const configSchema: ConfigSchema = {
  type: 'object',
  properties: {
    bucket: { type: 'string', title: 'Container' },
    ...objectTransferProperties,
    account: {
      type: 'string',
      title: 'Storage account',
      env: ['AZURE_STORAGE_ACCOUNT'],
    },
    account_key: {
      type: 'string',
      title: 'Account key',
      description: 'Needed for signed addresses; otherwise a shared access signature is enough.',
      env: ['AZURE_STORAGE_KEY'],
    },
    sas_token: {
      type: 'string',
      title: 'Shared access signature',
      description: 'Instead of the account key.',
      env: ['AZURE_STORAGE_SAS_TOKEN'],
    },
    connection_string: {
      type: 'string',
      title: 'Connection string',
      description: 'Says account, key or signature, and endpoint at once; it comes before the others.',
      env: ['AZURE_STORAGE_CONNECTION_STRING'],
    },
    endpoint: {
      type: 'string',
      title: 'Endpoint',
      description: 'Default: `https://ACCOUNT.blob.core.windows.net`.',
      env: ['AZURE_STORAGE_SERVICE_ENDPOINT'],
    },
  },
  required: [],
  secret: ['account_key', 'sas_token', 'connection_string'],
  order: [
    'bucket',
    ...Object.keys(objectTransferProperties),
    'account',
    'account_key',
    'sas_token',
    'connection_string',
    'endpoint',
  ],
}

export interface AzureConfig {
  readonly endpoint: string
  readonly account: string
  readonly credential:
    | { readonly kind: 'key'; readonly key: string }
    | { readonly kind: 'signature'; readonly token: string }
}

/** @throws ConfigError `CREDENTIALS_REQUIRED`, `INVALID_CONFIGURATION` */
export function azureConfig(values: ConfigValues): AzureConfig {
  const text = (name: string) => (values[name] === undefined || values[name] === '' ? undefined : String(values[name]))
  const given = text('connection_string')
  const parts = given === undefined ? undefined : connectionStringParts(given)
  const account = parts ? parts.get('accountname') : text('account')
  const key = parts ? parts.get('accountkey') : text('account_key')
  const token = (parts ? parts.get('sharedaccesssignature') : text('sas_token'))?.replace(/^\?/, '')
  const suffix = parts?.get('endpointsuffix') ?? 'core.windows.net'
  const protocol = parts?.get('defaultendpointsprotocol') ?? 'https'
  const endpoint =
    (parts ? parts.get('blobendpoint') : text('endpoint')) ??
    (account === undefined ? undefined : `${protocol}://${account}.blob.${suffix}`)
  if (endpoint === undefined || !URL.canParse(endpoint)) {
    throw new ConfigError('INVALID_CONFIGURATION', {
      message:
        'Say which storage account is meant: set AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT, or give "account".',
    })
  }
  const credential =
    key !== undefined && account !== undefined
      ? { kind: 'key' as const, key }
      : token === undefined
        ? undefined
        : { kind: 'signature' as const, token }
  if (credential === undefined) {
    throw new ConfigError('CREDENTIALS_REQUIRED', {
      message:
        'There are no credentials for Azure Blob Storage. Set AZURE_STORAGE_CONNECTION_STRING, AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN.',
    })
  }
  return { endpoint: endpoint.replace(/\/+$/, ''), account: account ?? new URL(endpoint).host, credential }
}

/** `Name=value;Name=value`, in any case; values may hold `=`. */
function connectionStringParts(text: string): Map<string, string> {
  return new Map(
    text
      .split(';')
      .map((part) => part.trim())
      .filter((part) => part.includes('='))
      .map((part) => [part.slice(0, part.indexOf('=')).toLowerCase(), part.slice(part.indexOf('=') + 1)]),
  )
}

/** `az://container/key?account=name`; secrets have no place in an address. */
export function parseUri(uri: string): ConfigValues {
  return parseBucketUri(
    uri,
    [...objectTransferSettings, 'account', 'endpoint'],
    'az://container/folder/orders.csv?account=name',
  )
}
