import { createHash } from 'node:crypto'
import { html, raw } from 'hono/html'
import type { TokenScope } from './personal-token-store.ts'

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}
strong.code{display:block;font:600 2rem/1 ui-monospace,monospace;letter-spacing:.1em;margin:1.5rem 0}
button{font:inherit;padding:.4rem 1.4rem;margin-right:.8rem}`

/** A form could not send the header that shows that this page asked. */
const script = `const said = document.getElementById('said')
const buttons = [...document.querySelectorAll('button')]
for (const button of buttons) button.addEventListener('click', async () => {
  for (const one of buttons) one.disabled = true
  const { code, csrf } = document.body.dataset
  const allow = button.value === 'allow'
  try {
    const answer = await fetch('/api/auth/cli/confirm', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-csrf-token': csrf },
      body: JSON.stringify({ code, allow }),
    })
    if (answer.ok) {
      for (const one of buttons) one.remove()
      said.textContent = allow ? 'Allowed. You can close this page and go back to the command.' : 'Denied. The command gets nothing.'
    } else said.textContent = (await answer.json()).error.message
  } catch {
    for (const one of buttons) one.disabled = false
    said.textContent = 'The server cannot be reached. Try again.'
  }
})`

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
const policy = `default-src 'none'; style-src ${hashOf(style)}; script-src ${hashOf(script)}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

const meanings: Readonly<Record<TokenScope, string>> = {
  read: 'read what you can read',
  write: 'change what you can change',
  admin: 'administer the platform',
}

export function cliSignInPage({
  code,
  name,
  scopes,
  who,
  csrf,
}: {
  readonly code: string
  readonly name: string
  readonly scopes: readonly TokenScope[]
  readonly who: string
  readonly csrf: string
}): Response {
  return page(
    html`<body data-code="${code}" data-csrf="${csrf}">
<h1>Sign in at the command line</h1>
<p>The millrace command on <strong>${name}</strong> asks to act for you, ${who}. It could:</p>
<ul>${scopes.map((scope) => html`<li>${meanings[scope]}</li>`)}</ul>
<p>Allow it only if you started it yourself, and it shows this code:</p>
<strong class="code">${code}</strong>
<p><button value="allow">Allow</button><button value="deny">Deny</button></p>
<p id="said" role="status"><noscript>This page needs JavaScript.</noscript></p>
<script>${raw(script)}</script>
</body>`,
    200,
  )
}

/** For what cannot be confirmed. */
export function messagePage(message: string, status: number): Response {
  return page(html`<body><h1>Sign in at the command line</h1><p>${message}</p></body>`, status)
}

function page(body: unknown, status: number): Response {
  const text = html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Millrace: sign in</title><style>${raw(style)}</style></head>
${body}
</html>`
  return new Response(`${text}`, {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy },
  })
}
