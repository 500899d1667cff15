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
    ...(found.creator === null ? {} : { createdBy: personOf(found.creator) }),
  }
  const child = {
    ...{ ...common, ...described, keywords: [...found.keywords] },
    visibility: found.is_public ? ('public' as const) : ('private' as const),
    ...(found.namespace === null ? {} : { namespace: namespaceOf(found.namespace) }),
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

function personOf(creator: NonNullable<FoundEntity['creator']>) {
  return { id: creator.id, ...(creator.slug === null ? {} : { slug: creator.slug }), ...namesOf(creator) }
}

function namesOf({ first_name, last_name }: Pick<FoundEntity, 'first_name' | 'last_name'>) {
  return {
    ...(first_name === null ? {} : { firstName: first_name }),
    ...(last_name === null ? {} : { lastName: last_name }),
  }
}

function namespaceOf({ id, slug, kind, name }: NonNullable<FoundEntity['namespace']>) {
  return { type: kind === 'group' ? ('Group' as const) : ('User' as const), id, slug, path: slug, name }
}
