import { z } from '@hono/zod-openapi'
import { invalid } from '@millrace/http'

const maximumLength = 99

/** What a new slug has to look like. */
export const slugText = z
  .string()
  .min(1)
  .max(maximumLength)
  .regex(
    /^(?!.*\.git$|.*\.atom$|.*[-._][-._].*)[a-z0-9][a-z0-9\-_.]*$/,
    'has to consist of lower-case letters, digits and single ".", "_", "-", to begin with a letter or digit, and not to end with ".git" or ".atom"',
  )
  .openapi({ example: 'flight-data' })

/** A slug in an address: capital letters are admitted, and count as small ones. */
export const slugInPath = z
  .string()
  .min(1)
  .max(maximumLength)
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9\-_.]*$/, 'has to consist of letters, digits, ".", "_" and "-"')
  .transform((slug) => slug.toLowerCase())
  .openapi({ type: 'string', example: 'flight-data' })

/**
 * The slug that a name gets when nobody chose one.
 *
 * @throws HttpError 422 SLUG_EMPTY when nothing of the name can stand in a slug.
 */
export function slugFrom(name: string): string {
  const slug = slugOrNull(name)
  if (slug !== null) return slug
  throw invalid('SLUG_EMPTY', `No slug can be made from the name "${name}". Give a slug of its own.`)
}

/** As `slugFrom`, null when nothing is left. */
export function slugOrNull(name: string, length = maximumLength): string | null {
  const text = name
    .toLowerCase()
    .replace(/\s+/g, '-')
    .normalize('NFKD')
    .replace(/[^\0-\x7f]/g, '')
    // Compatibility forms can hold capital letters.
    .toLowerCase()
    .replace(/[^\w.-]/g, '-')
    .replace(/([._-])[._-]+/g, '$1')
    .replace(/^[._-]/, '')
    .slice(0, length)
  let slug = text
  for (let before = ''; slug !== before; ) {
    before = slug
    slug = slug.replace(/[._-]$/, '').replace(/\.(?:git|atom)$/, '')
  }
  return slug === '' ? null : slug
}
