import { z } from '@hono/zod-openapi'
import { invalid, withoutNulls } from '@millrace/http'
import { isoTime, text, time } from '../common-schemas.ts'
import {
  environmentKinds,
  environmentPatch,
  environmentPost,
  environmentSchema,
  launchDescription,
  launchName,
  presentEnvironment,
} from '../environments/index.ts'
import { ulidText } from '../ids.ts'
import type { Launcher } from './store.ts'

const classId = z.int().min(1).max(2_147_483_647)
const diskStorage = z.int().min(1).openapi({ description: 'Gigabytes.' })
const variables = z
  .array(
    z.strictObject({
      name: z
        .string()
        .max(256)
        .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'has to begin with a letter or "_", and consist of letters, digits and "_"'),
      value: text(500).optional(),
    }),
  )
  .max(32)
  .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, 'must name no variable twice')

/** Every field of both forms, so that what is wrong with one is told by its name; `checkedBy` says which form it is. */
const environmentFields = z.strictObject({
  id: ulidText.optional().openapi({ description: 'Of an environment for every project; then nothing else is given.' }),
  environment_kind: z.enum(environmentKinds).optional(),
  environment_image_source: z
    .string()
    .optional()
    .openapi({ enum: ['image'] }),
  ...environmentPatch.shape,
})
type EnvironmentFields = z.output<typeof environmentFields>

const customPost = z.object({ ...environmentPost.shape, environment_kind: z.literal('CUSTOM') })
const customPatch = z.object({
  ...environmentPatch.shape,
  environment_kind: z.enum(environmentKinds).optional(),
  environment_image_source: environmentPost.shape.environment_image_source.optional(),
})

export type EnvironmentChoice = { readonly id: string }
export type CustomEnvironmentPost = z.output<typeof customPost>
export type CustomEnvironmentPatch = z.output<typeof customPatch>

const newEnvironment = checkedBy(customPost)
const changedEnvironment = checkedBy(customPatch)

export const launcherTypes = ['interactive', 'non-interactive'] as const

export const newLauncherSchema = z.strictObject({
  project_id: ulidText,
  name: launchName,
  description: launchDescription.optional(),
  environment: newEnvironment,
  resource_class_id: classId.nullable().optional(),
  disk_storage: diskStorage.optional(),
  env_variables: variables.default([]),
  launcher_type: z.enum(launcherTypes).default('interactive'),
})
export type NewLauncher = z.output<typeof newLauncherSchema>

export const launcherPatch = z.strictObject({
  name: launchName.optional(),
  description: launchDescription.optional(),
  environment: changedEnvironment.optional(),
  resource_class_id: classId.nullable().optional(),
  disk_storage: diskStorage.nullable().optional(),
  env_variables: variables.nullable().optional(),
})
export type LauncherPatch = z.output<typeof launcherPatch>

export const launcherSchema = z
  .object({
    id: z.string(),
    project_id: z.string(),
    name: z.string(),
    creation_date: time,
    description: z.string().optional(),
    environment: environmentSchema,
    resource_class_id: z.int().optional(),
    disk_storage: z.int().optional(),
    env_variables: z.array(z.object({ name: z.string(), value: z.string().optional() })),
    launcher_type: z.enum(launcherTypes),
  })
  .openapi('SessionLauncher')

export function presentLauncher({ environment, creation_date, ...launcher }: Launcher): z.input<typeof launcherSchema> {
  return {
    ...withoutNulls({ ...launcher, env_variables: [...launcher.env_variables] }),
    creation_date: isoTime(creation_date),
    environment: presentEnvironment(environment),
  }
}

/**
 * A whole environment for a launcher that had none of its own.
 *
 * @throws HttpError 422 ENVIRONMENT_INVALID that names what is missing.
 */
export function wholeEnvironment(given: CustomEnvironmentPatch): CustomEnvironmentPost {
  const defined = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const parsed = customPost.safeParse(defined)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) =>
    isMissing(message) ? `environment.${path.join('.')} is missing` : `environment.${path.join('.')}: ${message}`,
  )
  throw invalid('ENVIRONMENT_INVALID', `The environment is not complete: ${problems.join('; ')}.`)
}

/** One that there is by its id and nothing else, or what the schema says of a custom one. */
function checkedBy<Custom extends z.ZodObject>(custom: Custom) {
  return environmentFields.transform((given, context): EnvironmentChoice | z.output<Custom> => {
    const { id, ...rest } = given
    if (id !== undefined) {
      const others = Object.keys(rest).filter((name) => name !== 'environment_kind')
      if (others.length === 0 && rest.environment_kind !== 'CUSTOM') return { id }
      context.addIssue(`names an environment by its id, and must not say more (${Object.keys(rest).join(', ')})`)
      return z.NEVER
    }
    const parsed = custom.safeParse(given satisfies EnvironmentFields)
    if (parsed.success) return parsed.data
    for (const { path, message } of parsed.error.issues) {
      context.addIssue({ code: 'custom', path: [...path], message: isMissing(message) ? 'is missing' : message })
    }
    return z.NEVER
  })
}

function isMissing(message: string): boolean {
  return /received undefined$/.test(message)
}
