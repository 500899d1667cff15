import { type Context, exitCodes } from '../context.ts'
import { count } from '../output/amounts.ts'
import { printJson } from '../output/print-json.ts'
import { textTable } from '../output/table.ts'
import { type ServerRequest, withUser } from '../server-connection.ts'

const kinds = { User: 'user', Group: 'group', Project: 'project', DataConnector: 'data connector' } as const

export async function search(
  request: ServerRequest & { readonly words: readonly string[]; readonly limit: number },
  context: Context,
): Promise<number> {
  const { words, limit } = request
  return await withUser(request, context, async (client) => {
    const query = { q: words.join(' '), per_page: limit }
    const found = await client.get('/api/data/search/query', { params: { query } })
    if (request.json) return printJson(found, context)
    const { items, pagingInfo } = found
    if (items.length === 0) {
      context.err('Nothing is found that you may see. The language of searches: millrace search --help\n')
      return exitCodes.done
    }
    const body = items.map((item) => {
      const name = 'name' in item ? item.name : [item.firstName, item.lastName].filter(Boolean).join(' ')
      const about = 'description' in item ? (item.description ?? '') : ''
      return [kinds[item.type], item.type === 'User' ? `@${item.path}` : item.path, name, about]
    })
    context.out(textTable(['kind', 'path', 'name', 'what'], body))
    const rest = pagingInfo.totalResult - items.length
    if (rest > 0) context.err(`${count(rest)} more are found. --limit shows more.\n`)
    return exitCodes.done
  })
}
