import type { Logger, PlatformSettings } from '@millrace/core'
import type { Db } from '@millrace/db'
import { serve } from '@millrace/http'
import { readSharedKey } from '@millrace/secrets'
import { createSecretsServer } from './create-secrets-server.ts'
import { httpsKubernetes } from './kubernetes/https-client.ts'
import type { KubernetesClient } from './kubernetes/kubernetes-client.ts'
import { readPrivateKeys } from './private-keys.ts'
import { type RotationOptions, type RotationResult, rotate } from './rotation/rotate.ts'
import type { SecretsContext } from './secrets-context.ts'
import { version as ownVersion } from './version.ts'

export interface StartSecretsServerOptions {
  /** That of the server, which has migrated it. Stays open. */
  readonly db: Db
  readonly log: Logger
  /** Of which it reads the paths of its keys, its host and its port. */
  readonly settings: PlatformSettings
  /** Default: of this package. */
  readonly version?: string
  /** Default: the cluster that the process runs in, or that the settings name; else none. */
  readonly kubernetes?: KubernetesClient | null
}

export interface RunningSecretsServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:7475`. */
  readonly url: string
  /** Ends when everything is sealed with the present key; never fails. */
  readonly rotated: Promise<void>
  /** Takes no more requests, and ends the rotation where it is. */
  close(): Promise<void>
}

/**
 * Listens, and rotates what is sealed with the previous key, if there is one.
 *
 * @throws ConfigError PORT_IN_USE and others about the address; KEY_NOT_SET, KEY_FILE_MISSING, KEY_FILE_READABLE_BY_ALL, KEY_INVALID.
 */
export async function startSecretsServer(options: StartSecretsServerOptions): Promise<RunningSecretsServer> {
  const { settings, log, version = ownVersion } = options
  const context = await secretsContext(options)
  const key = { path: settings.secretsTokenKeyPath, variable: 'MILLRACE_SECRETS_TOKEN_KEY_PATH' }
  const internalTokenKey = await readSharedKey(key)
  const closing = new AbortController()
  const api = createSecretsServer({ context, internalTokenKey, version, closing: closing.signal })
  const server = await serve({ fetch: api.fetch, host: settings.secretsHost, port: settings.secretsPort })
  const rotated = context.keys.previous === null ? Promise.resolve() : rotateAtStart(context, closing.signal)
  let closed: Promise<void> | undefined
  const close = () => {
    closed ??= (async () => {
      closing.abort()
      await server.close()
      await rotated
    })()
    return closed
  }
  log.info({ url: server.url, key: context.keys.id }, 'the secrets service listens')
  return { url: server.url, rotated, close, [Symbol.asyncDispose]: close }
}

/** Wraps everything anew that is sealed with the previous key, without listening. */
export async function rotateSecrets(options: StartSecretsServerOptions & RotationOptions): Promise<RotationResult> {
  return await rotate(await secretsContext(options), options)
}

async function secretsContext(options: StartSecretsServerOptions): Promise<SecretsContext> {
  const { db, log, settings } = options
  const keys = await readPrivateKeys(settings)
  const kubernetes = options.kubernetes === undefined ? clusterOf(settings) : options.kubernetes
  return { db, keys, log, kubernetes, rotationMetrics: { state: 'idle', rotated: 0, failed: 0 } }
}

async function rotateAtStart(context: SecretsContext, signal: AbortSignal): Promise<void> {
  const { log } = context
  try {
    const result = await rotate(context, { signal })
    if (result.isElsewhere) log.info('another process seals secrets with the present key')
    else log.info({ ...result }, 'secrets are sealed with the present key')
  } catch (error) {
    if (!signal.aborted)
      log.error({ err: error }, 'sealing with the present key ended early; it goes on at the next start')
  }
}

/** Kubernetes says by these variables where its API server is. */
function clusterOf({
  kubernetesUrl,
  kubernetesTokenPath,
  kubernetesCaPath,
}: PlatformSettings): KubernetesClient | null {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = process.env
  const address = host?.includes(':') ? `[${host}]` : host
  const url = kubernetesUrl ?? (address === undefined ? null : `https://${address}:${port}`)
  return url === null ? null : httpsKubernetes({ url, tokenPath: kubernetesTokenPath, caPath: kubernetesCaPath })
}
