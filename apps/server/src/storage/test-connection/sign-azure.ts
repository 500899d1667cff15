import { createHmac } from 'node:crypto'

/** Headers that sign a GET of Azure Blob Storage by the account's shared key. */
export function signAzureGet(
  url: URL,
  { account, key }: { readonly account: string; readonly key: string },
  now: Date,
): Record<string, string> {
  const headers = { 'x-ms-date': now.toUTCString(), 'x-ms-version': '2021-12-02' }
  const query = [...url.searchParams].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `\n${name}:${value}`)
  // Eleven standard headers, of which none is sent.
  const signed = [
    'GET',
    ...Array.from({ length: 11 }, () => ''),
    `x-ms-date:${headers['x-ms-date']}`,
    `x-ms-version:${headers['x-ms-version']}`,
    `/${account}${url.pathname}${query.join('')}`,
  ].join('\n')
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(signed, 'utf8').digest('base64')
  return { ...headers, authorization: `SharedKey ${account}:${signature}` }
}
