import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

interface StoredSecret {
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly annotations?: Readonly<Record<string, string>>
    readonly ownerReferences?: readonly unknown[]
    readonly resourceVersion?: string
  }
  readonly data: Readonly<Record<string, string>>
}

export interface FakeKubernetes extends AsyncDisposable {
  readonly url: string
  /** By `namespace/name`. */
  readonly secrets: Map<string, StoredSecret>
  /** Methods in the order of the calls. */
  readonly calls: string[]
  /** Answers every call with this status, while it is set. */
  failWith: number | null
}

/** A fake API server of a cluster: secrets only, by the paths, media types and statuses that the real one documents. */
export async function startFakeKubernetes(token: string): Promise<FakeKubernetes> {
  const secrets = new Map<string, StoredSecret>()
  const fake = { secrets, calls: [] as string[], failWith: null as number | null }
  let version = 0
  const answer = async (request: IncomingMessage): Promise<readonly [number, unknown]> => {
    fake.calls.push(request.method ?? '')
    if (request.headers.authorization !== `Bearer ${token}`) return [401, { reason: 'Unauthorized' }]
    const text = await textOf(request)
    // As the real one, whose messages may hold what was sent.
    if (fake.failWith !== null) return [fake.failWith, { message: `refused: ${text}` }]
    const match = /^\/api\/v1\/namespaces\/([^/]+)\/secrets(?:\/([^/]+))?$/.exec(request.url ?? '')
    if (match === null) return [404, { reason: 'NotFound' }]
    const body = text === '' ? null : JSON.parse(text)
    const key = `${match[1]}/${match[2] ?? body?.metadata.name}`
    const existing = secrets.get(key)
    version += 1
    if (request.method === 'POST') {
      if (existing !== undefined) return [409, { reason: 'AlreadyExists' }]
      secrets.set(key, { ...body, metadata: { ...body.metadata, resourceVersion: `${version}` } })
      return [201, secrets.get(key)]
    }
    if (existing === undefined) return [404, { reason: 'NotFound' }]
    if (request.method === 'GET') return [200, existing]
    if (request.headers['content-type'] !== 'application/merge-patch+json') return [415, {}]
    if (body.metadata.resourceVersion !== existing.metadata.resourceVersion) return [409, { reason: 'Conflict' }]
    const merged = Object.entries({ ...existing.data, ...body.data })
    const data = Object.fromEntries(merged.filter((entry): entry is [string, string] => entry[1] !== null))
    secrets.set(key, { ...existing, ...body, data, metadata: { ...body.metadata, resourceVersion: `${version}` } })
    return [200, secrets.get(key)]
  }
  const server = createServer((request, response) => {
    void answer(request).then(([status, body]) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.assign(fake, {
    url,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
