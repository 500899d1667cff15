import type { Client, components } from '@millrace/client'
import { confirm } from '../../confirm.ts'
import { type Context, exitCodes } from '../../context.ts'
import { findProject } from '../../find-project.ts'
import { printJson } from '../../output/print-json.ts'
import { printable } from '../../output/printable.ts'
import { textTable } from '../../output/table.ts'
import { type ServerRequest, withUser } from '../../server-connection.ts'
import { allPages, withClosest } from '../../server-lists.ts'

interface OneRedirect extends ServerRequest {
  /** The former address. */
  readonly source: string
}

type Redirect = components['schemas']['RedirectPlan']

const one = '/api/data/platform/redirects/{source_url}'

export async function listRedirects(request: ServerRequest, context: Context): Promise<number> {
  return await withUser(request, context, async (client) => {
    const redirects = await allOf(client)
    if (request.json) return printJson(redirects, context)
    const body = redirects.map(({ source_url, target_url }) => [source_url, target_url])
    context.out(textTable(['from', 'to'], body))
    return exitCodes.done
  })
}

/** Makes a redirect, or has one lead elsewhere. */
export async function setRedirect(
  request: OneRedirect & { readonly target: string },
  context: Context,
): Promise<number> {
  const { source: source_url, target } = request
  return await withUser(request, context, async (client) => {
    const target_url = /^(\/|https?:)/.test(target) ? target : `/p/${(await findProject(client, target)).id}`
    const before = (await allOf(client)).find((redirect) => redirect.source_url === source_url)
    const after =
      before === undefined
        ? await client.post('/api/data/platform/redirects', { body: { source_url, target_url } })
        : await client.patch(one, {
            params: { path: { source_url } },
            headers: { 'if-match': before.etag },
            body: { target_url },
          })
    if (request.json) return printJson(after, context)
    const was = before === undefined ? '' : ` and no longer to ${before.target_url}`
    context.out(printable(`${after.source_url} leads to ${after.target_url} now${was}.`).concat('\n'))
    return exitCodes.done
  })
}

export async function deleteRedirect(
  request: OneRedirect & { readonly yes?: boolean },
  context: Context,
): Promise<number> {
  const { source: source_url } = request
  return await withUser(request, context, async (client) => {
    const params = { path: { source_url } }
    const names = async () => (await allOf(client)).map((redirect) => redirect.source_url)
    const { etag } = await withClosest(client.get(one, { params }), { name: source_url, names })
    await confirm(`Redirect ${printable(source_url)} no longer?`, request, context)
    await client.delete(one, { params, headers: { 'if-match': etag } })
    if (request.json) return printJson({ removed: source_url }, context)
    context.out(`${printable(source_url)} leads nowhere any more.\n`)
    return exitCodes.done
  })
}

async function allOf(client: Client): Promise<readonly Redirect[]> {
  return await allPages((query) => client.page('/api/data/platform/redirects', { params: { query } }))
}
