import { createHash } from 'node:crypto'
import type { OpenApiDocument } from '@millrace/http'
import { html, raw } from 'hono/html'

interface Operation {
  readonly summary?: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly operationId: string
  readonly security?: readonly unknown[]
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[]
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: unknown }>> }
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: unknown }>>
}

interface Place {
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

const style = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
h2{margin-top:2.5rem;border-bottom:1px solid #8888}summary{cursor:pointer;padding:.2rem 0}
code,pre{font:13px/1.45 ui-monospace,monospace}pre{overflow:auto;padding:.6rem;background:#8881}
b{display:inline-block;width:4.5rem}nav a{margin-right:1rem}td,th{text-align:left;padding-right:1.5rem}`

const styleHash = createHash('sha256').update(style).digest('base64')
const pages = new WeakMap<OpenApiDocument, string>()

/** All operations by tag. Nothing on the page runs or comes from elsewhere. */
export function docsPage(document: OpenApiDocument): Response {
  const page = pages.get(document) ?? `${write(document)}`
  pages.set(document, page)
  return new Response(page, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    },
  })
}

function write(document: OpenApiDocument) {
  const byTag = new Map<string, Place[]>()
  const paths = document.paths as Readonly<Record<string, Readonly<Record<string, Operation>>>>
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const [tag = 'other'] = operation.tags ?? []
      byTag.set(tag, [...(byTag.get(tag) ?? []), { method: method.toUpperCase(), path, operation }])
    }
  }
  const tags = [...byTag].sort(([one], [other]) => (one < other ? -1 : 1))
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Millrace API</title><style>${raw(style)}</style></head>
<body>
<h1>Millrace API</h1>
<p>For programs: <a href="/api/spec.json">the OpenAPI document</a>. Send a token as <code>Authorization: Bearer TOKEN</code>.</p>
<nav>${tags.map(([tag]) => html`<a href="#${tag}">${tag}</a> `)}</nav>
${tags.map(([tag, places]) => html`<h2 id="${tag}">${tag}</h2>${places.map(operationPart)}`)}
</body>
</html>`
}

function operationPart({ method, path, operation }: Place) {
  const { summary, description, parameters = [], requestBody, responses, security = [] } = operation
  const schemas = Object.entries(requestBody?.content ?? {})
  return html`<details id="${operation.operationId}">
<summary><b>${method}</b> <code>${path}</code> ${summary ?? ''}</summary>
${description === undefined ? '' : html`<p>${description}</p>`}
<p>${security.length === 0 ? 'Needs no token.' : 'Takes a token.'}</p>
${parameters.length === 0 ? '' : html`<table><tr><th>Parameter</th><th>In</th><th></th></tr>${parameters.map((one) => html`<tr><td><code>${one.name}</code></td><td>${one.in}</td><td>${one.required ? 'required' : ''}</td></tr>`)}</table>`}
${schemas.map(([type, { schema }]) => html`<p>Body, <code>${type}</code>:</p><pre>${JSON.stringify(schema, null, 2)}</pre>`)}
<table><tr><th>Status</th><th></th></tr>${Object.entries(responses).map(([status, answer]) => html`<tr><td>${status}</td><td>${answer.description}</td></tr>`)}</table>
</details>
`
}
