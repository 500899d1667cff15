import type { Client } from '@millrace/client'

/** An answer of the server as JSON, where the path is not known beforehand; undefined for one without a body. */
export async function askJson<Answer>(
  client: Client,
  path: string,
  {
    method = 'GET',
    body,
    headers = {},
  }: {
    readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
    readonly body?: object
    readonly headers?: Readonly<Record<string, string>>
  } = {},
): Promise<Answer> {
  const sent =
    body === undefined
      ? { headers }
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } }
  const response = await client.stream(path, { method, ...sent })
  return (response.status === 204 ? undefined : await response.json()) as Answer
}

/** All pages of such a list. */
export async function askAll<Item>(client: Client, path: string): Promise<readonly Item[]> {
  const found: Item[] = []
  for (let page = 1; ; page++) {
    const response = await client.stream(`${path}${path.includes('?') ? '&' : '?'}page=${page}&per_page=100`)
    const items = (await response.json()) as readonly Item[]
    found.push(...items)
    if (page >= Number(response.headers.get('total-pages')) || items.length === 0) return found
  }
}
