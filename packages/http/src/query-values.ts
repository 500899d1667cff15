import { z } from '@hono/zod-openapi'

interface Range {
  readonly minimum?: number
  readonly maximum?: number
}

/** Values of a query are texts; these say in the document what they mean. */
export function queryInteger(options: Range & { readonly default: number }): z.ZodType<number, string | undefined>
export function queryInteger(options?: Range): z.ZodType<number | undefined, string | undefined>
export function queryInteger(options: Range & { readonly default?: number } = {}): z.ZodType {
  const schema = integerText(options).optional()
  const { default: fallback } = options
  return (fallback === undefined ? schema : schema.transform((value) => value ?? fallback)).openapi({
    type: 'integer',
    ...range(options),
    ...(fallback === undefined ? {} : { default: fallback }),
  })
}

/** A number in a path. */
export function pathInteger(options: Range = { minimum: 1 }): z.ZodType<number, string> {
  return integerText(options).openapi({ type: 'integer', ...range(options) })
}

/** Without a default it may be left out by `.optional()`. */
export function queryBoolean(): z.ZodType<boolean, string>
export function queryBoolean(options: { readonly default: boolean }): z.ZodType<boolean, string | undefined>
export function queryBoolean(options?: { readonly default: boolean }): z.ZodType {
  const schema = z.enum(['true', 'false']).transform((value) => value === 'true')
  if (options === undefined) return schema.openapi({ type: 'boolean' })
  return schema
    .optional()
    .transform((value) => value ?? options.default)
    .openapi({ type: 'boolean', default: options.default })
}

/** A name of a fixed set that may be given several times: `state=failed&state=running`. */
export function queryList<const Name extends string>(names: readonly Name[]) {
  const item = z.enum(names)
  return z
    .union([item, z.array(item).max(100)])
    .transform((value): readonly Name[] => (Array.isArray(value) ? value : [value]))
    .optional()
    .openapi({ type: 'array', items: { type: 'string', enum: [...names] }, maxItems: 100 })
}

/** A moment: ISO 8601 with a time zone. */
export const queryTime = z.iso
  .datetime({ offset: true, error: 'has to be a time with its zone, such as 2026-01-31T00:00:00Z' })
  .transform((text) => new Date(text))
  .openapi({ type: 'string', format: 'date-time' })

function integerText({ minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER }: Range) {
  return z
    .string()
    .regex(/^-?\d{1,16}$/, 'has to be a whole number')
    .transform(Number)
    .refine((value) => value >= minimum, `has to be at least ${minimum}`)
    .refine((value) => value <= maximum, `has to be at most ${maximum}`)
}

function range({ minimum, maximum }: Range): Range {
  return { ...(minimum === undefined ? {} : { minimum }), ...(maximum === undefined ? {} : { maximum }) }
}
