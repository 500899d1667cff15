import { z } from '@hono/zod-openapi'
import type { FoundEntity } from './search-entities.ts'

const person = z
  .object({
    id: z.string(),
    slug: z.string().optional(),
    firstName: z.string().optional(),
    lastName: z.string().optional(),
  })
  .openapi('SearchPerson')
const namespace = z
  .object({ type: z.enum(['User', 'Group']), id: z.string(), slug: z.string(), path: z.string(), name: z.string() })
  .openapi('SearchNamespace')
const entity = { id: z.string(), slug: z.string(), path: z.string(), score: z.number() }
const visibility = z.enum(['public', 'private'])
const described = { name: z.string(), description: z.string().optional(), creationDate: z.string() }
const child = {
  ...{ ...entity, ...described, visibility, keywords: z.array(z.string()) },
  ...{ createdBy: person.optional(), namespace: namespace.optional() },
}

export const searchItemSchema = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('User'), ...entity, firstName: z.string().optional(), lastName: z.string().optional() }),
    z.object({ type: z.literal('Group'), ...entity, ...described, createdBy: person.optional() }),
    z.object({ type: z.literal('Project'), ...child, repositories: z.array(z.string()) }),
    z.object({
      ...{ type: z.literal('DataConnector'), ...child, storageType: z.string(), readonly: z.boolean() },
      ...{ doi: z.string().optional(), publisherName: z.string().optional() },
    }),
  ])
  .openapi('SearchItem')

const counts = z.record(z.string(), z.number())

export const searchResultSchema = z
  .object({
    items: z.array(searchItemSchema),
    facets: z.object({ entityType: counts, keywords: counts }),
    pagingInfo: z.object({
      page: z.object({ limit: z.number(), offset: z.number() }),
      totalResult: z.number(),
      totalPages: z.number(),
      prevPage: z.number().optional(),
      nextPage: z.number().optional(),
    }),
  })
  .openapi('SearchResult')

type Item = z.input<typeof searchItemSchema>

export function itemOf(found: FoundEntity): Item {
  const { type, id, slug, path, score, name } = found
  const common = { id, slug, path, score }
  const described = {
    ...{ name, creationDate: new Date(found.created_at).toISOString() },
    ...(found.description === null ? {} : { description: found.description }),
    createdBy: personOf(found),
  }
  const child = {
    ...{ ...common, ...described, keywords: [...found.keywords] },
    visibility: found.is_public ? ('public' as const) : ('private' as const),
    ...namespaceOf(found),
  }
  switch (type) {
    case 'User':
      return { type, ...common, ...namesOf(found) }
    case 'Group':
      return { type, ...common, ...described }
    case 'Project':
      return { type, ...child, repositories: [...(found.repositories ?? [])] }
    case 'DataConnector':
      return {
        ...{ type, ...child, storageType: found.storage_type ?? '', readonly: found.readonly ?? true },
        ...(found.doi === null ? {} : { doi: found.doi }),
        ...(found.publisher_name === null ? {} : { publisherName: found.publisher_name }),
      }
  }
}

function personOf(found: FoundEntity) {
  const { creator_id: id, creator_slug: slug } = found
  return { id, ...(slug === null ? {} : { slug }), ...namesOf(found) }
}

function namesOf({ creator_first_name: firstName, creator_last_name: lastName }: FoundEntity) {
  return { ...(firstName === null ? {} : { firstName }), ...(lastName === null ? {} : { lastName }) }
}

function namespaceOf({
  namespace_id: id,
  namespace_slug: slug,
  namespace_kind: kind,
  namespace_name: name,
}: FoundEntity) {
  if (id === null || slug === null) return {}
  const type = kind === 'group' ? ('Group' as const) : ('User' as const)
  return { namespace: { type, id, slug, path: slug, name: name ?? slug } }
}
