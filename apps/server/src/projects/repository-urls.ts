import { z } from '@hono/zod-openapi'

/** Addresses of git repositories: without slashes at the end, each once. */
export const repositoryList = z
  .array(
    z
      .string()
      .max(2000)
      .transform((url) => url.trim().replace(/\/+$/, ''))
      .superRefine((url, check) => {
        const problem = problemOf(url)
        if (problem !== null) check.addIssue({ code: 'custom', message: problem })
      }),
  )
  .max(100)
  .transform((urls) => [...new Set(urls)])
  .openapi({ type: 'array', items: { type: 'string', maxLength: 2000 }, maxItems: 100 })

function problemOf(text: string): string | null {
  if (!/^https?:\/\/[^\s\\]+$/i.test(text) || !URL.canParse(text)) {
    return 'has to be an address that begins with http:// or https://'
  }
  // Parsed, because an address can be written in many ways: 127.1 and 0x7f000001 are 127.0.0.1.
  const { hostname, username, password } = new URL(text)
  if (username !== '' || password !== '') return 'must not hold a user name or password'
  const host = hostname.replace(/\.$/, '')
  const isLocal =
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    /^127\.\d+\.\d+\.\d+$/.test(host) ||
    host === '[::1]' ||
    /^\[::ffff:7f[0-9a-f]{2}:/.test(host)
  return isLocal ? 'must not be on this machine' : null
}
