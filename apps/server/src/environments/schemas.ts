import { z } from '@hono/zod-openapi'
import { withoutNulls } from '@millrace/http'
import { isoTime, text, time } from '../common-schemas.ts'
import type { EnvironmentRow } from './store.ts'

export const launchName = text(99).min(1)
export const launchDescription = text(500)
const image = text(500).min(3).openapi({ example: 'jupyter/scipy-notebook:2024-10-14' })
const defaultUrl = text(200).openapi({ description: 'Path that is opened first.', example: '/lab' })
const userNumber = z.int().min(1).max(65_535)
// What lies above belongs to the platform.
const port = z.int().min(1).max(65_400)
const directory = text(1000).regex(/^\//, 'has to be an absolute path: begin with "/"')
const directoryOrNone = directory.or(z.literal('')).openapi({ description: 'Absolute; an empty text: none.' })
const words = z.array(text(5000)).min(1).max(100)
const wordsOrNone = words.nullable().openapi({ description: 'Null: what the image says.' })

const imageSource = z.literal('image', {
  error: 'has to be "image": the platform does not build images. Give the name of an image that is built.',
})

/** A whole environment from an image. */
export const environmentPost = z.strictObject({
  name: launchName,
  description: launchDescription.optional(),
  container_image: image,
  default_url: defaultUrl.default('/lab'),
  uid: userNumber.default(1000),
  gid: userNumber.default(1000),
  port: port.default(8080),
  working_directory: directory.optional(),
  mount_directory: directory.optional(),
  command: wordsOrNone.optional(),
  args: wordsOrNone.optional(),
  is_archived: z.boolean().default(false),
  strip_path_prefix: z.boolean().default(false),
  environment_image_source: imageSource,
})

export const environmentPatch = z.strictObject({
  name: launchName.optional(),
  description: launchDescription.optional(),
  container_image: image.optional(),
  default_url: defaultUrl.optional(),
  uid: userNumber.optional(),
  gid: userNumber.optional(),
  port: port.optional(),
  working_directory: directoryOrNone.optional(),
  mount_directory: directoryOrNone.optional(),
  command: wordsOrNone.optional(),
  args: wordsOrNone.optional(),
  is_archived: z.boolean().optional(),
  strip_path_prefix: z.boolean().optional(),
})

export const environmentKinds = ['GLOBAL', 'CUSTOM'] as const

export const environmentSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    creation_date: time,
    description: z.string().optional(),
    container_image: z.string(),
    default_url: z.string(),
    uid: z.int(),
    gid: z.int(),
    port: z.int(),
    working_directory: z.string().optional(),
    mount_directory: z.string().optional(),
    command: z.array(z.string()).optional(),
    args: z.array(z.string()).optional(),
    is_archived: z.boolean(),
    strip_path_prefix: z.boolean(),
    environment_kind: z
      .enum(environmentKinds)
      .openapi({ description: 'GLOBAL: for every project; CUSTOM: of one launcher.' }),
    environment_image_source: z.literal('image'),
  })
  .openapi('Environment')

export function presentEnvironment({ kind, creation_date, ...row }: EnvironmentRow): z.input<typeof environmentSchema> {
  const { command, args } = row
  return {
    ...withoutNulls({ ...row, command: command && [...command], args: args && [...args] }),
    creation_date: isoTime(creation_date),
    environment_kind: kind,
    environment_image_source: 'image',
  }
}
