import { readFile } from 'node:fs/promises'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { ClusterSecret, KubernetesClient } from './kubernetes-client.ts'

export interface KubernetesOptions {
  /** Such as `https://10.0.0.1:443`. */
  readonly url: string
  /** Read for each call, since clusters exchange tokens. */
  readonly tokenPath: string
  readonly caPath: string
}

interface Answer {
  readonly status: number
  readonly text: string
}

const timeoutMs = 10_000
const maxAnswerBytes = 4 * 1024 * 1024
const ownerAnnotation = 'millrace.dev/owner'

/** Speaks to the API server of a cluster as a service account. */
export function httpsKubernetes(options: KubernetesOptions): KubernetesClient {
  return {
    async applySecret(secret) {
      const collection = `/api/v1/namespaces/${encodeURIComponent(secret.namespace)}/secrets`
      const made = await call(options, 'POST', collection, { 'content-type': 'application/json' }, manifestOf(secret))
      if (isDone(made)) return
      if (made.status !== 409) throw refused('make', made)
      const path = `${collection}/${encodeURIComponent(secret.name)}`
      const existing = await call(options, 'GET', path, {})
      if (!isDone(existing)) throw refused('read', existing)
      const { metadata, data = {} } = JSON.parse(existing.text) as ExistingSecret
      if (metadata?.annotations?.[ownerAnnotation] !== secret.owner) {
        throw new Error('The cluster has a secret of this name already, of another owner.')
      }
      // With the version that was looked at: a secret that somebody else made meanwhile is not changed.
      const changes = manifestOf(secret, metadata)
      // A merge keeps what it does not name: files of before are taken away by null.
      const gone = Object.fromEntries(Object.keys(data).map((file) => [file, null]))
      const type = { 'content-type': 'application/merge-patch+json' }
      const patched = await call(options, 'PATCH', path, type, { ...changes, data: { ...gone, ...changes.data } })
      if (!isDone(patched)) throw refused('change', patched)
    },
  }
}

interface ExistingSecret {
  readonly metadata?: {
    readonly resourceVersion?: string
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly data?: Readonly<Record<string, string>>
}

function manifestOf(secret: ClusterSecret, { resourceVersion }: { readonly resourceVersion?: string } = {}) {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: {
      name: secret.name,
      namespace: secret.namespace,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      labels: { 'app.kubernetes.io/managed-by': 'millrace' },
      annotations: { [ownerAnnotation]: secret.owner },
      ownerReferences: secret.ownerReferences.map((reference) => ({ ...reference, controller: true })),
    },
    data: Object.fromEntries(Object.entries(secret.data).map(([name, text]) => [name, base64(text)])),
  }
}

function isDone({ status }: Answer): boolean {
  return status >= 200 && status < 300
}

/** The text of the answer may repeat what was sent, so it stays out. */
function refused(action: string, { status }: Answer): Error {
  return new Error(`The API server of the cluster answers ${status} when asked to ${action} the secret.`)
}

async function call(
  { url, tokenPath, caPath }: KubernetesOptions,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: unknown,
): Promise<Answer> {
  const target = new URL(path, url)
  const token = (await readFile(tokenPath, 'utf8')).trim()
  const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body))
  const isTls = target.protocol === 'https:'
  const ca = isTls ? await readFile(caPath) : undefined
  const signal = AbortSignal.timeout(timeoutMs)
  return await new Promise<Answer>((resolve, reject) => {
    const sent = (isTls ? requestHttps : requestHttp)(
      target,
      {
        method,
        signal,
        ...(ca === undefined ? {} : { ca }),
        headers: {
          ...headers,
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          'content-length': bytes.length,
        },
      },
      (response) => {
        const chunks: Buffer[] = []
        let length = 0
        response.on('data', (chunk: Buffer) => {
          length += chunk.length
          if (length > maxAnswerBytes) response.destroy(new Error('The answer of the API server is too large.'))
          else chunks.push(chunk)
        })
        response.on('error', reject)
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
      },
    )
    sent.on('error', reject)
    sent.end(bytes)
  })
}
