import { invalid } from '@millrace/http'
import type { StorageConfiguration } from './configuration.ts'

export interface StorageAtUrl {
  readonly configuration: StorageConfiguration
  /** Bucket or container and the path in it. */
  readonly sourcePath: string
}

/**
 * The storage that an address means: `s3://…`, `azure://…` or `az://…` with a container, or the address of a service.
 *
 * @throws HttpError 422 STORAGE_URL_INVALID
 */
export function storageAtUrl(address: string): StorageAtUrl {
  const url = URL.parse(address)
  if (url === null || url.hostname === '') throw badUrl()
  if (url.username !== '' || url.password !== '') {
    throw invalid('STORAGE_URL_INVALID', 'The address of the storage must not hold a user name or a password.')
  }
  const path = decodePath(url.pathname)
  switch (url.protocol) {
    case 's3:':
      return s3AtUrl(url.host, path)
    case 'azure:':
    case 'az:':
      return azureAtHost(url.hostname, path) ?? azureContainer(url.hostname, path)
    case 'http:':
    case 'https:':
      return (
        azureAtHost(url.hostname, path) ?? {
          configuration: { type: 's3', provider: 'Other', endpoint: `${url.protocol}//${url.host}` },
          sourcePath: path,
        }
      )
    default:
      throw badUrl()
  }
}

const amazon = /^(?:(?<bucket>.+)\.)?s3[.-](?<region>[a-z0-9-]+)\.amazonaws\.com$/

function s3AtUrl(host: string, path: string): StorageAtUrl {
  const { bucket, region } = amazon.exec(host)?.groups ?? {}
  if (region === undefined) return { configuration: { type: 's3', provider: 'AWS' }, sourcePath: joinPath(host, path) }
  return {
    configuration: { type: 's3', provider: 'AWS', region },
    sourcePath: bucket === undefined ? path : joinPath(bucket, path),
  }
}

function azureAtHost(host: string, path: string): StorageAtUrl | null {
  const account = /^([a-z0-9-]+)\.(?:blob|dfs)\.core\.windows\.net$/.exec(host)?.[1]
  return account === undefined ? null : { configuration: { type: 'azureblob', account }, sourcePath: path }
}

/** `az://container/path`; which account it is in is not said. */
function azureContainer(container: string, path: string): StorageAtUrl {
  if (container.includes('.')) throw badUrl()
  return { configuration: { type: 'azureblob' }, sourcePath: joinPath(container, path) }
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path).replace(/^\/+|\/+$/g, '')
  } catch {
    throw badUrl()
  }
}

function joinPath(first: string, rest: string): string {
  return rest === '' ? first : `${first}/${rest}`
}

function badUrl() {
  return invalid(
    'STORAGE_URL_INVALID',
    'The address of a storage begins with s3://, azure://, az://, http:// or https:// and names a bucket, an account or a server.',
  )
}
