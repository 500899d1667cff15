import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FakeRegistry extends AsyncDisposable {
  readonly url: string
}

export const publishedDoi = '10.5281/zenodo.3542869'

/** A fake: the registry of DOIs and the publisher in one, which know of one publication. */
export async function startFakeRegistry(): Promise<FakeRegistry> {
  const server = createServer((request, response) => {
    const url = `http://${request.headers.host}`
    const attributes = {
      titles: [{ title: 'Flight delays' }],
      subjects: [{ subject: 'aviation' }],
      publisher: 'Zenodo',
      url: `${url}/records/3542869`,
    }
    const answers: Readonly<Record<string, unknown>> = {
      [`/dois/${encodeURIComponent(publishedDoi)}`]: { data: { attributes } },
      '/api/records/3542869': { files: [{ key: 'flights.csv' }] },
    }
    const answer = answers[request.url ?? '']
    if (answer === undefined) response.writeHead(404).end()
    else response.end(JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
