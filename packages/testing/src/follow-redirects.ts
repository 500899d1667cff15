import { FatalError } from '@millrace/core'

const mostRedirects = 20

/**
 * Follows redirects as a browser that keeps cookies, as long as they stay within an origin.
 *
 * @returns The first address outside of it.
 * @throws FatalError REDIRECTS_ENDED when a page comes instead.
 */
export async function followRedirects(
  address: string,
  { within, cookies }: { readonly within: string; readonly cookies: Readonly<Record<string, string>> },
): Promise<string> {
  const jar = new Map(Object.entries(cookies))
  let next = new URL(address)
  for (let count = 0; next.origin === within && count < mostRedirects; count++) {
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(next, { redirect: 'manual', headers: { cookie } })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') jar.delete(name)
      else jar.set(name, value)
    }
    const location = response.headers.get('location')
    const page = await response.text()
    if (location === null) {
      throw new FatalError('REDIRECTS_ENDED', { message: `${next} answered ${response.status}: ${page}` })
    }
    next = new URL(location, next)
  }
  return next.href
}
