import { z } from '@hono/zod-openapi'
import { withoutNulls } from '@millrace/http'
import { isoTime, text, time } from '../common-schemas.ts'
import { slugText } from '../slugs.ts'
import type { Group } from './store.ts'

const name = text(99).min(1)
const description = text(500)

export const newGroupSchema = z.strictObject({
  name,
  slug: slugText.optional().openapi({ description: 'Default: made from the name.' }),
  description: description.optional(),
})

export const groupChangesSchema = z.strictObject({
  name: name.optional(),
  slug: slugText.optional(),
  description: description.optional().openapi({ description: 'Empty: none from now on.' }),
})

export const groupSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    slug: z.string(),
    description: z.string().optional(),
    created_by: z.string(),
    creation_date: time,
  })
  .openapi('Group')

export type NewGroup = z.output<typeof newGroupSchema>
export type GroupChanges = z.output<typeof groupChangesSchema>

export function presentGroup({ id, name, slug, description, createdBy, creationDate }: Group) {
  return withoutNulls({
    ...{ id, name, slug, description },
    ...{ created_by: createdBy, creation_date: isoTime(creationDate) },
  })
}
