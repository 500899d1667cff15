import { z } from '@hono/zod-openapi'
import { etagOf, withoutNulls } from '@millrace/http'
import { isoTime, text, time } from '../common-schemas.ts'
import { slugText } from '../slugs.ts'
import {
  newStorageFields,
  presentSensitive,
  presentStorage,
  sensitiveFields,
  storageChangeFields,
  storageFields,
} from '../storage/index.ts'
import { type DataConnector, pathOf } from './store.ts'

const visibility = z.enum(['private', 'public'])
const keywords = z
  .array(text(99).min(1))
  .max(100)
  .transform((words) => [...new Set(words)])
  .openapi({ type: 'array', items: { type: 'string', minLength: 1, maxLength: 99 }, maxItems: 100 })

/** One slug is a user or a group, two are a project. */
export const namespacePath = z
  .string()
  .max(200)
  .regex(
    /^[a-zA-Z0-9][\w.-]*(?:\/[a-zA-Z0-9][\w.-]*)?$/,
    'has to be the slug of a user or group, or the path of a project',
  )
  .transform((path) => path.toLowerCase())
  .openapi({ type: 'string', example: 'my-group/my-project' })

const name = text(99).min(1)

export const newConnectorSchema = z.strictObject({
  name,
  namespace: namespacePath,
  slug: slugText.optional(),
  storage: z.strictObject(newStorageFields),
  visibility: visibility.default('private'),
  description: text(500).optional(),
  keywords: keywords.optional(),
})

/** An empty description clears it; options of the storage that are given replace former ones, null takes one away. */
export const connectorChangesSchema = z.strictObject({
  name: name.optional(),
  namespace: namespacePath.optional(),
  slug: slugText.optional(),
  storage: z.strictObject(storageChangeFields).optional(),
  visibility: visibility.optional(),
  description: text(500).optional(),
  keywords: keywords.optional(),
})

/** Of what was published with a DOI; everything but the DOI is told by its publisher. */
export const newGlobalConnectorSchema = z.strictObject({
  storage: z.strictObject({
    storage_type: z.literal('doi').optional(),
    configuration: z.strictObject({
      type: z.literal('doi'),
      doi: text(300).min(1),
      provider: z.string().max(100).optional(),
    }),
    source_path: z.literal(['', '/']).optional(),
    target_path: text(500).min(1).optional(),
    readonly: z.literal(true).optional(),
  }),
})

export const connectorSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    namespace: z.string().optional().openapi({ description: 'Missing of a global one.' }),
    slug: z.string(),
    storage: z.object({ ...storageFields, sensitive_fields: sensitiveFields }),
    visibility,
    description: z.string().optional(),
    keywords: z.array(z.string()),
    doi: z.string().optional(),
    publisher_name: z.string().optional(),
    publisher_url: z.string().optional(),
    created_by: z.string(),
    creation_date: time,
    updated_at: time,
    etag: z.string(),
  })
  .openapi('DataConnector')

export type NewConnector = z.output<typeof newConnectorSchema>
export type ConnectorChanges = z.output<typeof connectorChangesSchema>

export function presentConnector(connector: DataConnector): z.input<typeof connectorSchema> & { etag: string } {
  const c = connector
  return withoutNulls({
    id: c.id,
    name: c.name,
    namespace: c.namespace,
    slug: c.slug,
    storage: { ...presentStorage(c), sensitive_fields: presentSensitive(c.configuration) },
    visibility: c.visibility,
    description: c.description,
    keywords: [...c.keywords],
    doi: c.doi,
    publisher_name: c.publisherName,
    publisher_url: c.publisherUrl,
    created_by: c.createdBy,
    creation_date: isoTime(c.creationDate),
    updated_at: isoTime(c.updatedAt),
    etag: connectorEtag(c),
  })
}

/** Changes with the connector and, if it has one, with the path that it is at. */
export function connectorEtag(connector: Pick<DataConnector, 'updatedAt' | 'namespace' | 'slug'>): string {
  const { updatedAt, namespace } = connector
  return etagOf(namespace === null ? isoTime(updatedAt) : `${isoTime(updatedAt)}-${pathOf(connector)}`)
}
