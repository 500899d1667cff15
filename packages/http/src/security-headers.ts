/** For answers that are data: nothing of them is to be run, framed, guessed or kept by a browser. */
const securityHeaders: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** Adds what the answer does not say otherwise itself. `isHttps`: browsers are to use nothing else for a year. */
export function addSecurityHeaders(headers: Headers, isHttps: boolean): void {
  for (const [name, value] of Object.entries(securityHeaders)) if (!headers.has(name)) headers.set(name, value)
  if (isHttps) headers.set('strict-transport-security', 'max-age=31536000')
}
