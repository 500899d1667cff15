import { createHmac, randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { FatalError } from '@millrace/core'
import { onFreePort, startServer } from '@millrace/db'

/** The program of Azurite, or null where its package is not installed: then its tests are skipped. */
export function findAzurite(): string | null {
  try {
    const require = createRequire(import.meta.url)
    return require.resolve('azurite/dist/src/blob/main.js')
  } catch {
    return null
  }
}

export interface TestAzurite extends AsyncDisposable {
  /** `http://127.0.0.1:PORT/ACCOUNT` */
  readonly endpoint: string
  readonly port: number
  readonly account: string
  /** Base64. */
  readonly accountKey: string
  readonly connectionString: string
  readonly pid: number
  /** Makes an empty container and returns its name; without a name, a new one. */
  createContainer(name?: string): Promise<string>
  log(): string
  /** Kills the server the way a crash does, and what it stored is gone. `stop` is still due. */
  kill(): Promise<void>
  stop(): Promise<void>
}

/** Microsoft's emulator of Azure Blob Storage, with what it stores in memory. */
export async function startAzurite(): Promise<TestAzurite> {
  const program = findAzurite()
  if (program === null) {
    throw new FatalError('TESTING_NO_AZURITE', {
      message: 'The package azurite is not installed. Run script/bootstrap.',
    })
  }
  const account = 'millrace'
  const accountKey = randomBytes(64).toString('base64')
  return await onFreePort(async (port) => {
    const endpoint = `http://127.0.0.1:${port}/${account}`
    const server = await startServer({
      name: 'Azurite',
      program: process.execPath,
      args: [
        ...[program, '--blobHost', '127.0.0.1', '--blobPort', `${port}`],
        // It knows fewer versions of the protocol than the driver speaks.
        ...['--inMemoryPersistence', '--skipApiVersionCheck', '--disableTelemetry', '--silent'],
      ],
      env: { AZURITE_ACCOUNTS: `${account}:${accountKey}`, NODE_OPTIONS: '' },
      account: undefined,
      ready: /successfully listen/,
      portTaken: /EADDRINUSE/,
      stopSignal: 'TERM',
      temporaryDirectory: undefined,
    })
    return {
      ...{ endpoint, port, account, accountKey, pid: server.pid },
      connectionString: `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};BlobEndpoint=${endpoint};`,
      createContainer: (name = `container-${randomBytes(6).toString('hex')}`) =>
        createContainer(endpoint, account, accountKey, name),
      log: server.log,
      kill: server.kill,
      stop: server.stop,
      [Symbol.asyncDispose]: server.stop,
    }
  })
}

/** Signed by hand, so that no driver is needed here. */
async function createContainer(endpoint: string, account: string, key: string, name: string): Promise<string> {
  const headers = { 'x-ms-date': new Date().toUTCString(), 'x-ms-version': '2021-12-02' }
  const named = Object.entries(headers).map(([header, value]) => `${header}:${value}\n`)
  // The account stands once for the resource and once in the path, which an emulator has and the service has not.
  const signed = `PUT${'\n'.repeat(12)}${named.join('')}/${account}/${account}/${name}\nrestype:container`
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(signed).digest('base64')
  const response = await fetch(`${endpoint}/${name}?restype=container`, {
    method: 'PUT',
    headers: { ...headers, authorization: `SharedKey ${account}:${signature}` },
  })
  if (response.ok) return name
  throw new FatalError('TESTING_CONTAINER_FAILED', {
    message: `The container "${name}" could not be made: ${response.status} ${await response.text()}`,
  })
}
