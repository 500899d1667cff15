import { execFile } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ConfigError, FatalError } from '@millrace/core'
import { onFreePort, startServer } from '@millrace/db'
import { findProgram } from './binaries.ts'

const version = 'v1.56.1'

/** Where the program is kept, and the Go that builds it when it is not there yet. Null: its tests are skipped. */
export function findFakeGcs(): { readonly program: string; readonly go: string | undefined } | null {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  const program = join(cache, 'millrace', `fake-gcs-server-${version}`)
  const go = findProgram('go') ?? ['/usr/local/go/bin/go'].find((path) => existsSync(path))
  return existsSync(program) || go !== undefined ? { program, go } : null
}

/** What a service account's key file says, for drivers that sign addresses themselves. */
export interface ServiceAccount {
  readonly type: 'service_account'
  readonly project_id: string
  readonly client_email: string
  readonly private_key: string
}

export interface FakeGcs extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string
  readonly port: number
  /** The server asks nobody for credentials; these are good for signing. */
  readonly credentials: ServiceAccount
  readonly pid: number
  /** Makes an empty bucket and returns its name; without a name, a new one. */
  createBucket(name?: string): Promise<string>
  log(): string
  /** Kills the server the way a crash does, and what it stored is gone. `stop` is still due. */
  kill(): Promise<void>
  stop(): Promise<void>
}

/** A third party's fake of Google Cloud Storage: its JSON interface in memory, without any check of credentials. */
export async function startFakeGcs(): Promise<FakeGcs> {
  const program = await installFakeGcs()
  return await onFreePort(async (port) => {
    const endpoint = `http://127.0.0.1:${port}`
    const server = await startServer({
      name: 'fake-gcs-server',
      program,
      args: [
        ...['-scheme', 'http', '-host', '127.0.0.1', '-port', `${port}`, '-backend', 'memory'],
        ...['-external-url', endpoint, '-public-host', `127.0.0.1:${port}`],
      ],
      account: undefined,
      ready: /server started at/,
      portTaken: /address already in use/,
      stopSignal: 'TERM',
      temporaryDirectory: undefined,
    })
    return {
      ...{ endpoint, port, pid: server.pid, credentials: serviceAccount() },
      createBucket: (name = `bucket-${randomBytes(6).toString('hex')}`) => createBucket(endpoint, name),
      log: server.log,
      kill: server.kill,
      stop: server.stop,
      [Symbol.asyncDispose]: server.stop,
    }
  })
}

/** Builds the program once per machine. */
async function installFakeGcs(): Promise<string> {
  const found = findFakeGcs()
  if (found === null) {
    throw new ConfigError('TESTING_NO_FAKE_GCS', {
      message: 'This machine has no fake-gcs-server, and no Go to build it. Install Go, then run script/services.',
    })
  }
  const { program, go } = found
  if (existsSync(program) || go === undefined) return program
  mkdirSync(join(program, '..'), { recursive: true })
  const folder = mkdtempSync(`${program}-`)
  try {
    await promisify(execFile)(go, ['install', `github.com/fsouza/fake-gcs-server@${version}`], {
      env: { ...process.env, GOBIN: folder, GOFLAGS: '-modcacherw' },
      maxBuffer: 16 << 20,
    })
    renameSync(join(folder, 'fake-gcs-server'), program)
    return program
  } catch (cause) {
    throw new FatalError('TESTING_FAKE_GCS_FAILED', {
      message: `fake-gcs-server ${version} could not be built: ${cause instanceof Error ? cause.message : cause}`,
      cause,
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function serviceAccount(): ServiceAccount {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    type: 'service_account',
    project_id: 'millrace-test',
    client_email: 'tests@millrace-test.iam.gserviceaccount.com',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

async function createBucket(endpoint: string, name: string): Promise<string> {
  const response = await fetch(`${endpoint}/storage/v1/b?project=millrace-test`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  })
  if (response.ok) return name
  throw new FatalError('TESTING_BUCKET_FAILED', {
    message: `The bucket "${name}" could not be made: ${response.status} ${await response.text()}`,
  })
}
