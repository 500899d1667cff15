import { UnsupportedCloudServiceError, UnsupportedCloudServiceSchemeError } from './errors.ts'

export type CloudService = 's3' | 'gcs' | 'azure'

export interface CloudUrl {
  readonly service: CloudService
  readonly bucket: string
  /** Without slashes at its ends; null when the address names only the bucket. */
  readonly key: string | null
}

const services: Readonly<Record<string, CloudService>> = {
  s3: 's3',
  gs: 'gcs',
  gcs: 'gcs',
  az: 'azure',
  azure: 'azure',
  'azure-blob': 'azure',
}
const schemes: Readonly<Record<CloudService, string>> = { s3: 's3', gcs: 'gs', azure: 'azure' }

/** Takes `s3://bucket/key`, `gs://bucket/key` and the like apart. */
export function parseCloudUrl(url: string): CloudUrl {
  const [, scheme = '', bucket = '', path = ''] = /^([a-z0-9+.-]*):\/\/([^/]*)(.*)$/is.exec(url) ?? []
  const service = services[scheme.toLowerCase()]
  if (service === undefined) {
    throw new UnsupportedCloudServiceSchemeError({
      message: `"${scheme}" is the scheme of no known cloud storage. Write s3://, gs:// or azure://.`,
      details: { scheme },
    })
  }
  const key = path.replace(/^\/+|\/+$/g, '')
  return { service, bucket, key: key === '' ? null : key }
}

/** The inverse of `parseCloudUrl`. */
export function cloudUrl(service: string, bucket: string, key: string | null = null): string {
  const scheme = schemes[service as CloudService]
  if (scheme === undefined) {
    throw new UnsupportedCloudServiceError({
      message: `There is no cloud storage "${service}". Known are ${Object.keys(schemes).join(', ')}.`,
      details: { service },
    })
  }
  return `${scheme}://${bucket}${key === null ? '' : `/${key}`}`
}
