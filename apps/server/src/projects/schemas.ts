import { z } from '@hono/zod-openapi'
import { etagOf, withoutNulls } from '@millrace/http'
import { isoTime, text, time } from '../common-schemas.ts'
import { slugInPath, slugText } from '../slugs.ts'
import { repositoryList } from './repository-urls.ts'
import type { Project } from './store.ts'

const visibility = z.enum(['private', 'public'])
const keywords = z
  .array(text(99).min(1))
  .max(100)
  .transform((words) => [...new Set(words)])
  .openapi({ type: 'array', items: { type: 'string', minLength: 1, maxLength: 99 }, maxItems: 100 })
const fields = {
  name: text(99).min(1),
  slug: slugText,
  namespace: slugInPath.openapi({ description: 'The slug of a user or group.' }),
  description: text(500),
  visibility,
  keywords,
  repositories: repositoryList,
  documentation: text(5000),
  is_template: z.boolean(),
  secrets_mount_directory: text(500).openapi({ description: 'Where secrets are put in sessions. Default: /secrets.' }),
}
const { name, namespace, ...rest } = fields

export const newProjectSchema = z.strictObject({ name, namespace, ...z.strictObject(rest).partial().shape })

/** Empty texts clear what they are for. */
export const projectChangesSchema = z.strictObject({
  ...z.strictObject(fields).partial().shape,
  template_id: z.literal('').optional().openapi({ description: 'Empty: the project is no copy any more.' }),
})

export const projectSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    namespace: z.string(),
    slug: z.string(),
    creation_date: time,
    created_by: z.string(),
    updated_at: time,
    etag: z.string(),
    visibility,
    description: z.string().optional(),
    keywords: z.array(z.string()),
    repositories: z.array(z.string()),
    documentation: z.string().optional(),
    template_id: z.string().optional(),
    is_template: z.boolean(),
    secrets_mount_directory: z.string(),
  })
  .openapi('Project')

export type NewProject = z.output<typeof newProjectSchema>
export type ProjectChanges = z.output<typeof projectChangesSchema>

export function presentProject({ namespace_id: _, namespace_kind: __, ...project }: Project) {
  return withoutNulls({
    ...project,
    creation_date: isoTime(project.creation_date),
    updated_at: isoTime(project.updated_at),
    etag: projectEtag(project),
  })
}

/** Changes with the project and with the path it is at. */
export function projectEtag({
  updated_at,
  namespace,
  slug,
}: Pick<Project, 'updated_at' | 'namespace' | 'slug'>): string {
  return etagOf(`${isoTime(updated_at)}-${namespace}/${slug}`)
}
