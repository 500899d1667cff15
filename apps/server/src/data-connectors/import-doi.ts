import { sql } from '@millrace/db'
import { change } from '../change.ts'
import { newId } from '../ids.ts'
import { outboundFetch } from '../outbound.ts'
import type { UserPrincipal } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { slugOrNull } from '../slugs.ts'
import { checkPublishedFiles, newStorage, type PublishedData, parseDoi, readPublishedData } from '../storage/index.ts'
import { readAgain, viewers } from './change-connector.ts'
import { connectorIdByPath, type DataConnector, insertConnector, readConnector } from './store.ts'

export interface DoiImport {
  readonly doi: string
  readonly provider?: string | undefined
  readonly targetPath?: string | undefined
}

/**
 * The global connector of what was published with a DOI; there is one for each DOI, public and for reading only.
 *
 * @throws HttpError 422 DOI_INVALID, DOI_UNKNOWN, DOI_UNREADABLE, STORAGE_UNREACHABLE
 */
export async function importDoi(
  context: ServerContext,
  { principal, requestId }: { readonly principal: UserPrincipal; readonly requestId: string },
  { doi: given, provider, targetPath }: DoiImport,
): Promise<{ readonly connector: DataConnector; readonly isNew: boolean }> {
  const { db, authz, settings } = context
  const doi = parseDoi(given)
  const configuration = { type: 'doi', doi, ...(provider === undefined ? {} : { provider }) }
  const slug = slugOrNull(`doi-${doi}`) ?? `doi-${newId().toLowerCase()}`
  const storage = newStorage({ configuration, source_path: '/', target_path: targetPath ?? slug, readonly: true })
  const known = await readConnector(db, globalByDoi(doi))
  if (known !== undefined) return { connector: known, isNew: false }

  const fetch = outboundFetch(settings)
  const published = await readPublishedData(fetch, settings.dataciteUrl, doi)
  await checkPublishedFiles(fetch, published)

  return await change(db, { id: principal.id, requestId }, async (trx) => {
    const isTaken = (await readConnector(trx, connectorIdByPath(null, slug))) !== undefined
    const id = newId()
    const isNew = await insertConnector(trx, {
      ...{ id, namespaceId: null, projectId: null, visibility: 'public', createdBy: principal.id, ...storage, doi },
      // Two DOIs can make the same slug, as dots and slashes become the same.
      slug: isTaken ? `${slug.slice(0, 80)}-${id.slice(-10).toLowerCase()}` : slug,
      ...descriptionOf(published),
    })
    if (!isNew) {
      // Somebody else was faster with the same DOI.
      const { id: other } = await trx.one<{ id: string }>(sql`select ${globalByDoi(doi)} as id`)
      return { connector: await readAgain(trx, other), isNew: false }
    }
    await authz.relate(trx, { add: viewers(id, 'public') })
    return { connector: await readAgain(trx, id), isNew: true }
  })
}

function globalByDoi(doi: string) {
  return sql`(
    select id from data_connectors.data_connector where namespace_id is null and project_id is null and doi = ${doi})`
}

function descriptionOf({ name, description, keywords, publisherName, url }: PublishedData) {
  return {
    name: cut(name, 99),
    description: description === null ? null : cut(description, 500),
    keywords: [...new Set(keywords.map((word) => cut(word, 99)))].slice(0, 100),
    publisherName: publisherName === null ? null : cut(publisherName, 200),
    publisherUrl: /^https?:/.test(url) ? new URL(url).origin : null,
  }
}

/** At most so many characters, the last one an ellipsis where something is missing. */
function cut(text: string, length: number): string {
  const characters = [...text]
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`
}
