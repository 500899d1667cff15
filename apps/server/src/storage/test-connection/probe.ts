import { type HttpError, invalid } from '@millrace/http'
import type { StorageConfiguration } from '../configuration.ts'

/** One request that shows whether a storage can be listed. */
export interface Probe {
  readonly method: 'GET' | 'PROPFIND'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
}

/** Text of an option, or undefined when it is not given. */
export function optionText(configuration: StorageConfiguration, name: string): string | undefined {
  const value = configuration[name]
  return value === undefined || value === '' ? undefined : String(value)
}

/** Under a base that is a folder, whether it ends in a slash or not. */
export function urlUnder(base: string, path: string): URL {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(base) ? base : `https://${base}`)
  if (url === null) throw untestable(`"${base}" is no address`)
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.')
  if (segments.includes('..')) throw untestable('the source path must not hold ".."')
  url.pathname = [url.pathname.replace(/\/+$/, ''), ...segments.map(encodeURIComponent)].join('/') || '/'
  return url
}

export function basicAuthorization(user: string, password: string): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}

export function untestable(reason: string): HttpError {
  return invalid('STORAGE_UNTESTABLE', `The connection cannot be tested from here: ${reason}.`)
}
