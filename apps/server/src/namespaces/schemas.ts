import { z } from '@hono/zod-openapi'
import { isoTime, time } from '../common-schemas.ts'
import type { ListedNamespace } from './list-namespaces.ts'

export const namespaceKinds = ['user', 'group', 'project'] as const

export const namespaceSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    slug: z.string(),
    namespace_kind: z.enum(namespaceKinds),
    path: z.string().openapi({ description: 'The slug, after that of the namespace it is in, if it is in one.' }),
    created_by: z.string(),
    creation_date: time,
  })
  .openapi('Namespace')

export function presentNamespace({ id, name, slug, kind, path, createdBy, creationDate }: ListedNamespace) {
  return {
    ...{ id, name, slug, namespace_kind: kind, path },
    ...{ created_by: createdBy, creation_date: isoTime(creationDate) },
  }
}
