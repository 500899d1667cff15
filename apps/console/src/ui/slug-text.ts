/** The slug that the server makes of a name; empty when it makes none. */
export function slugFrom(name: string): string {
  const text = name
    .toLowerCase()
    .replace(/\s+/g, '-')
    .normalize('NFKD')
    .replace(/[^\0-\x7f]/g, '')
    .toLowerCase()
    .replace(/[^\w.-]/g, '-')
    .replace(/([._-])[._-]+/g, '$1')
    .replace(/^[._-]/, '')
    .slice(0, 99)
  let slug = text
  for (let before = ''; slug !== before; ) {
    before = slug
    slug = slug.replace(/[._-]$/, '').replace(/\.(?:git|atom)$/, '')
  }
  return slug
}

const allowed = /^(?!.*\.git$|.*\.atom$|.*[-._][-._].*)[a-z0-9][a-z0-9\-_.]*$/

/** What is wrong with a slug that was typed. */
export function slugProblem(slug: string): string | undefined {
  if (slug === '') return 'Give a slug: it is the address.'
  if (slug.length > 99) return 'The most is 99 characters.'
  if (allowed.test(slug)) return undefined
  return 'Use small letters, digits and single . _ - only, begin with a letter or digit, and do not end with .git or .atom.'
}
