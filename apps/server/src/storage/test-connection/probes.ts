import { invalid } from '@millrace/http'
import type { StorageConfiguration } from '../configuration.ts'
import { basicAuthorization, optionText, type Probe, untestable, urlUnder } from './probe.ts'
import { signAzureGet } from './sign-azure.ts'
import { signS3Get } from './sign-s3.ts'

type MakeProbe = (configuration: StorageConfiguration, sourcePath: string, now: Date) => Probe

/** How each type of storage is asked for the first entry of a listing. Types that are missing speak no plain HTTP. */
export const probes: Readonly<Record<string, MakeProbe>> = {
  s3(configuration, sourcePath, now) {
    const text = (name: string) => optionText(configuration, name)
    const region = text('region')
    const endpoint =
      text('endpoint') ??
      (text('provider') === 'AWS' || text('provider') === undefined
        ? `https://s3.${region ?? 'us-east-1'}.amazonaws.com`
        : undefined)
    if (endpoint === undefined) throw untestable('give the "endpoint" of the service')
    const [bucket = '', ...rest] = sourcePath.split('/').filter((part) => part !== '')
    const url = urlUnder(endpoint, bucket)
    if (bucket !== '') {
      const prefix = rest.length === 0 ? '' : `${rest.join('/')}/`
      url.search = `${new URLSearchParams({ 'list-type': '2', 'max-keys': '1', prefix })}`
    }
    const [accessKeyId, secretAccessKey, sessionToken] = [
      text('access_key_id'),
      text('secret_access_key'),
      text('session_token'),
    ]
    if (accessKeyId === undefined || secretAccessKey === undefined) {
      if (bucket === '') throw untestable('without keys only a bucket can be listed; name it in the source path')
      return { method: 'GET', url, headers: {} }
    }
    const key = { accessKeyId, secretAccessKey, region: region ?? 'us-east-1', ...(sessionToken && { sessionToken }) }
    return { method: 'GET', url, headers: signS3Get(url, key, now) }
  },

  azureblob(configuration, sourcePath, now) {
    const text = (name: string) => optionText(configuration, name)
    const parts = new Map(
      (text('connection_string') ?? '').split(';').map((part) => {
        const place = part.indexOf('=')
        return [part.slice(0, place).trim().toLowerCase(), part.slice(place + 1)]
      }),
    )
    const account = parts.get('accountname') ?? text('account')
    const key = parts.get('accountkey') ?? text('key')
    const sasUrl = text('sas_url')
    const endpoint = parts.get('blobendpoint') ?? text('endpoint')
    if (sasUrl === undefined && endpoint === undefined && account === undefined) throw untestable('give the "account"')
    const [container = '', ...rest] = sourcePath.split('/').filter((part) => part !== '')
    const url =
      sasUrl === undefined
        ? urlUnder(endpoint ?? `https://${account}.blob.core.windows.net`, container)
        : withPath(sasUrl, container)
    if (url.pathname !== '/' && container !== '') url.searchParams.set('restype', 'container')
    url.searchParams.set('comp', 'list')
    url.searchParams.set('maxresults', '1')
    if (rest.length > 0) url.searchParams.set('prefix', `${rest.join('/')}/`)
    if (sasUrl !== undefined) return { method: 'GET', url, headers: {} }
    if (account !== undefined && key !== undefined)
      return { method: 'GET', url, headers: signAzureGet(url, { account, key }, now) }
    if (text('client_secret') !== undefined || text('username') !== undefined)
      throw untestable('only keys and shared access signatures can be')
    if (container === '') throw untestable('without a key only a container can be listed; name it in the source path')
    return { method: 'GET', url, headers: { 'x-ms-version': '2021-12-02' } }
  },

  http(configuration, sourcePath) {
    const url = urlUnder(String(configuration.url), sourcePath)
    if (!url.pathname.endsWith('/') && configuration.no_slash !== true) url.pathname += '/'
    return { method: 'GET', url, headers: headersOf(configuration) }
  },

  webdav(configuration, sourcePath) {
    const user = optionText(configuration, 'user')
    const token = optionText(configuration, 'bearer_token')
    return webdavProbe(urlUnder(String(configuration.url), sourcePath), {
      ...headersOf(configuration),
      ...(user === undefined ? {} : basicAuthorization(user, optionText(configuration, 'pass') ?? '')),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    })
  },

  polybox: (configuration, sourcePath) => sharedFolder('https://polybox.ethz.ch', configuration, sourcePath),
  switchDrive: (configuration, sourcePath) => sharedFolder('https://drive.switch.ch', configuration, sourcePath),
}

function sharedFolder(site: string, configuration: StorageConfiguration, sourcePath: string): Probe {
  const password = optionText(configuration, 'pass') ?? ''
  if (configuration.provider !== 'shared') {
    const url = urlUnder(`${site}/remote.php/webdav`, sourcePath)
    return webdavProbe(url, basicAuthorization(`${configuration.user}`, password))
  }
  const link = URL.parse(String(configuration.public_link))
  const token = /^(?:\/index\.php)?\/s\/([\w-]+)\/?$/.exec(link?.pathname ?? '')?.[1]
  if (link?.origin !== site || token === undefined)
    throw invalid('STORAGE_INVALID', `"public_link" has to look like ${site}/index.php/s/8NffJ3rFyHaVyuX.`)
  return webdavProbe(urlUnder(`${site}/public.php/webdav`, sourcePath), basicAuthorization(token, password))
}

function webdavProbe(url: URL, headers: Readonly<Record<string, string>>): Probe {
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return { method: 'PROPFIND', url, headers: { depth: '1', ...headers } }
}

/** `name,value,name,value`, as rclone has it. */
function headersOf(configuration: StorageConfiguration): Record<string, string> {
  const parts = (optionText(configuration, 'headers') ?? '').split(',')
  const headers: Record<string, string> = {}
  for (let place = 0; place + 1 < parts.length; place += 2) {
    const name = (parts[place] ?? '').trim()
    const value = (parts[place + 1] ?? '').trim()
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || !/^[\t\x20-\x7e]*$/.test(value))
      throw invalid(
        'STORAGE_INVALID',
        '"headers" has to be a list of names and values such as "Authorization,Basic abc".',
      )
    headers[name.toLowerCase()] = value
  }
  return headers
}

function withPath(address: string, path: string): URL {
  const url = URL.parse(address)
  if (url === null) throw invalid('STORAGE_INVALID', '"sas_url" is no address.')
  // The signature may be one of a container, which the address names then.
  if (path !== '' && url.pathname.split('/').filter(Boolean)[0] !== path) {
    const under = urlUnder(`${url.protocol}//${url.host}${url.pathname}`, path)
    under.search = url.search
    return under
  }
  return url
}
