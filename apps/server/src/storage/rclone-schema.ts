import { z } from '@hono/zod-openapi'
import { storageProviders } from './all-providers.ts'
import { isSensitive } from './configuration.ts'
import type { StorageOption } from './provider.ts'

const exampleSchema = z.object({ value: z.string(), help: z.string(), provider: z.string() }).openapi('StorageExample')

export const storageOptionSchema = z
  .object({
    name: z.string(),
    help: z.string(),
    /** `!A,B` is all but A and B. */
    provider: z.string().openapi({ description: 'Of which providers it is; empty is all, `!A,B` all but these.' }),
    type: z.string(),
    default: z.union([z.string(), z.number(), z.boolean()]).optional(),
    default_str: z.string(),
    required: z.boolean(),
    sensitive: z.boolean(),
    ispassword: z.boolean(),
    advanced: z.boolean(),
    exclusive: z.boolean(),
    examples: z.array(exampleSchema),
  })
  .openapi('StorageOption')

export const storageProviderSchema = z
  .object({
    name: z.string(),
    prefix: z.string(),
    description: z.string(),
    options: z.array(storageOptionSchema),
  })
  .openapi('StorageProvider')

export function presentOption(option: StorageOption): z.input<typeof storageOptionSchema> {
  const { name, help, provider = '', type = 'string', default: fallback, examples = [] } = option
  return {
    ...{ name, help, provider, type },
    ...(fallback === undefined ? {} : { default: fallback }),
    default_str: `${fallback ?? ''}`,
    required: option.required === true,
    sensitive: isSensitive(option),
    ispassword: option.password === true,
    advanced: option.advanced === true,
    exclusive: option.exclusive === true,
    examples: examples.map((one) => ({ value: one.value, help: one.help, provider: one.provider ?? '' })),
  }
}

/** The schema of everything that can be configured, in the shape in which rclone tells its own. */
export const rcloneSchema: readonly z.input<typeof storageProviderSchema>[] = storageProviders.map(
  ({ name, description, options }) => ({ name, prefix: name, description, options: options.map(presentOption) }),
)
