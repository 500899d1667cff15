import { type HttpError, invalid } from '@millrace/http'
import type { OutboundFetch } from '../../outbound.ts'

/** What the registry of DOIs knows of published data. */
export interface PublishedData {
  readonly doi: string
  readonly name: string
  readonly description: string | null
  readonly keywords: readonly string[]
  readonly publisherName: string | null
  /** Its page at the publisher. */
  readonly url: string
}

/**
 * `10.5281/zenodo.3542869` from any way to write it, in lower case, in which two DOIs that mean the same are the same.
 *
 * @throws HttpError 422 DOI_INVALID
 */
export function parseDoi(text: string): string {
  let bare = text.trim().replace(/^doi:\s*/i, '')
  const url = URL.parse(bare)
  if (url !== null && /^(?:[\w-]+\.)*doi\.org$/.test(url.hostname)) {
    bare = decodeSafely(url.pathname.slice(1))
  }
  if (/^10\.\d{4,9}(?:\.\d+)*\/[^\s\p{C}]{1,200}$/u.test(bare)) return bare.toLowerCase()
  throw invalid('DOI_INVALID', `"${text}" is no DOI. Write it like 10.5281/zenodo.3542869.`)
}

/** @throws HttpError 422 DOI_UNKNOWN, DOI_UNREADABLE, and what `outboundFetch` says. */
export async function readPublishedData(fetch: OutboundFetch, registry: string, doi: string): Promise<PublishedData> {
  const address = `${registry.replace(/\/+$/, '')}/dois/${encodeURIComponent(doi)}`
  const answer = await fetch(address, { headers: { accept: 'application/vnd.api+json, application/json' } })
  if (answer.status === 404) throw invalid('DOI_UNKNOWN', `DataCite knows no DOI ${doi}. Check it.`)
  if (!answer.ok) throw unreadable(doi)
  const { attributes } = asRecord(asRecord(await readJson(answer, doi)).data)
  const { titles, descriptions, subjects, publisher, url } = asRecord(attributes)
  const texts = (list: unknown, field: string) =>
    (Array.isArray(list) ? list : []).flatMap((item) => {
      const text = plainText(asRecord(item)[field])
      return text === '' ? [] : [text]
    })
  if (typeof url !== 'string') throw unreadable(doi)
  return {
    doi,
    name: texts(titles, 'title')[0] ?? doi,
    description: texts(descriptions, 'description')[0] ?? null,
    keywords: [...new Set(texts(subjects, 'subject'))],
    publisherName: plainText(typeof publisher === 'string' ? publisher : asRecord(publisher).name) || null,
    url,
  }
}

/**
 * Asks the publisher for the list of files, which has to be a repository that offers one: Zenodo and others that run InvenioRDM,
 * or Dataverse.
 *
 * @throws HttpError 422 STORAGE_UNREACHABLE
 */
export async function checkPublishedFiles(fetch: OutboundFetch, { doi, url }: PublishedData): Promise<void> {
  const page = URL.parse(url)
  const persistentId = page?.searchParams.get('persistentId')
  const record = /(?:^|\/)zenodo\.(\d+)$/.exec(doi)?.[1] ?? /\/records?\/([\w.-]+)\/?$/.exec(page?.pathname ?? '')?.[1]
  const api =
    page && persistentId
      ? new URL(`/api/datasets/:persistentId/?${new URLSearchParams({ persistentId })}`, page)
      : page && record
        ? new URL(`/api/records/${record}`, page)
        : null
  const answer = api && (await fetch(api, { headers: { accept: 'application/json' } }))
  if (answer?.ok) return
  throw invalid(
    'STORAGE_UNREACHABLE',
    `The files of ${doi} cannot be read: its publisher has to run Zenodo, InvenioRDM or Dataverse, and the files have to be public.`,
  )
}

async function readJson(answer: Response, doi: string): Promise<unknown> {
  try {
    return await answer.json()
  } catch {
    throw unreadable(doi)
  }
}

function unreadable(doi: string): HttpError {
  return invalid('DOI_UNREADABLE', `What DataCite says of ${doi} cannot be read. Try again later.`)
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

/** Descriptions often are HTML. */
function plainText(value: unknown): string {
  if (typeof value !== 'string') return ''
  return value
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
