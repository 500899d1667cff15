import { isMillraceError, type PlatformSettings } from '@millrace/core'
import { HttpError, invalid } from '@millrace/http'
import { type OutboundFetch, outboundFetch } from '../../outbound.ts'
import { checkConfiguration, type StorageConfiguration, sensitiveMark } from '../configuration.ts'
import { untestable } from './probe.ts'
import { probes } from './probes.ts'
import { checkPublishedFiles, parseDoi, readPublishedData } from './published-data.ts'

/**
 * Lists a storage once, and once more when that fails. Only what the configuration holds is used: never credentials of the
 * machine that the server runs on.
 *
 * @throws HttpError 422 STORAGE_UNREACHABLE, STORAGE_UNTESTABLE, STORAGE_INVALID
 */
export async function testConnection(
  settings: Pick<PlatformSettings, 'allowedAddresses' | 'dataciteUrl'>,
  given: Readonly<Record<string, unknown>>,
  sourcePath: string,
): Promise<void> {
  const configuration = checkConfiguration(given)
  const unset = Object.keys(configuration).filter((name) => configuration[name] === sensitiveMark)
  if (unset.length > 0) throw untestable(`give the values of ${unset.map((name) => `"${name}"`).join(', ')}`)
  const fetch = outboundFetch(settings)
  try {
    await listOnce(fetch, settings.dataciteUrl, configuration, sourcePath)
  } catch (error) {
    if (error instanceof HttpError && error.code !== 'STORAGE_UNREACHABLE') throw error
    try {
      await listOnce(fetch, settings.dataciteUrl, configuration, sourcePath)
    } catch (again) {
      if (again instanceof HttpError || !isMillraceError(again)) throw again
      throw invalid('STORAGE_UNREACHABLE', again.message)
    }
  }
}

async function listOnce(
  fetch: OutboundFetch,
  registry: string,
  configuration: StorageConfiguration,
  sourcePath: string,
): Promise<void> {
  const type = String(configuration.type)
  if (type === 'doi') {
    await checkPublishedFiles(fetch, await readPublishedData(fetch, registry, parseDoi(String(configuration.doi))))
    return
  }
  const probe = probes[type]?.(configuration, sourcePath, new Date())
  if (probe === undefined) {
    throw untestable(`storage of the type "${type}" does not speak plain HTTP. It can be saved and used all the same`)
  }
  const { url, method, headers } = probe
  const answer = await fetch(url, { method, headers })
  if (answer.ok) return
  throw invalid('STORAGE_UNREACHABLE', `The storage at "${url.host}" answered ${answer.status}: ${meaning(answer)}.`)
}

function meaning({ status, headers }: Response): string {
  const region = headers.get('x-amz-bucket-region')
  if (region !== null && status >= 300 && status < 500 && status !== 403 && status !== 404)
    return `the bucket is in the region ${region}`
  switch (status) {
    case 401:
    case 403:
      return 'check the credentials, and what they may do'
    case 404:
      return 'there is no such bucket, container or folder; check the source path'
    default:
      return status >= 500 ? 'try again later' : 'check the address and the source path'
  }
}
