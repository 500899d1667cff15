import { execFile } from 'node:child_process'
import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ConfigError, FatalError } from '@millrace/core'
import {
  type Account,
  freePort,
  give,
  PortTaken,
  type RunningServer,
  type ServerSpec,
  serverAccount,
  startServer,
  temporaryRoot,
} from '@millrace/db'
import { findProgram } from './binaries.ts'

const programs = ['ceph-mon', 'ceph-osd', 'radosgw', 'radosgw-admin', 'ceph', 'monmaptool', 'ceph-authtool'] as const
export type RadosgwBinaries = Readonly<Record<(typeof programs)[number], string>>

/** Ceph's programs for an S3 server, or null: then its tests are skipped. */
export function findRadosgw(): RadosgwBinaries | null {
  const found = programs.map((name) => [name, findProgram(name)] as const)
  return found.every(([, path]) => path !== undefined) ? (Object.fromEntries(found) as RadosgwBinaries) : null
}

export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface TestRadosgw extends AsyncDisposable, S3Credentials {
  /** `http://127.0.0.1:PORT`; buckets are the first part of the path. */
  readonly endpoint: string
  readonly region: string
  readonly port: number
  /** Of the gateway. */
  readonly pid: number
  /** Makes an empty bucket of the first user and returns its name; without a name, a new one. */
  createBucket(name?: string): Promise<string>
  /** Another user, who may see nothing of the first. */
  createUser(): Promise<S3Credentials>
  /** The last part of what the gateway printed. */
  log(): string
  /** Kills the gateway the way a crash does; what it stored stays. `stop` is still due. */
  kill(): Promise<void>
  /** Starts a gateway over the same store, on the same port, after a `kill`. */
  restart(): Promise<void>
  stop(): Promise<void>
}

const host = '127.0.0.1'

/** An S3 server with real signatures: Ceph's gateway over a monitor and one store in memory (at most 4 GB). Takes about 2 s. */
export async function startRadosgw(): Promise<TestRadosgw> {
  const binaries = findRadosgw()
  if (binaries === null) {
    throw new ConfigError('TESTING_NO_RADOSGW', { message: 'This machine has no Ceph gateway. Run script/services.' })
  }
  for (let attempt = 1; ; attempt++) {
    const directory = mkdtempSync(join(temporaryRoot(), 'millrace-radosgw-'))
    const running: RunningServer[] = []
    try {
      return await start(binaries, directory, running)
    } catch (error) {
      for (const server of running.reverse()) await server.kill().then(server.stop)
      rmSync(directory, { recursive: true, force: true })
      if (!(error instanceof PortTaken) || attempt === 5) throw error
    }
  }
}

async function start(binaries: RadosgwBinaries, directory: string, running: RunningServer[]): Promise<TestRadosgw> {
  const account = serverAccount('ceph')
  chmodSync(directory, 0o711)
  give(directory, account)
  const cluster = { directory, id: randomUUID(), monitor: `v1:${host}:${await freePort()}` }
  const configuration = writeConfiguration(cluster, account)
  const run = runner(configuration, account)
  const server = async (
    name: string,
    program: string,
    args: readonly string[],
    ready: RegExp,
    temporaryDirectory: string | undefined,
  ) => {
    const spec: ServerSpec = {
      ...{ name, program, account, ready, temporaryDirectory },
      args: ['-c', configuration, '-f', ...args],
      portTaken: /unable to bind|Address already in use|Failed to bind/i,
      stopSignal: 'TERM',
    }
    const started = await startServer(spec)
    running.push(started)
    return started
  }

  const map = join(directory, 'monmap')
  const keyring = join(directory, 'keyring')
  await run(binaries.monmaptool, ['--create', '--fsid', cluster.id, '--addv', 'a', `[${cluster.monitor}]`, map])
  await run(binaries['ceph-authtool'], ['--create-keyring', keyring, ...allowAll('mon.', ['mon'])])
  for (const name of ['client.admin', 'client.rgw', 'osd.0']) {
    await run(binaries['ceph-authtool'], [keyring, ...allowAll(name, ['mon', 'osd'])])
  }
  await run(binaries['ceph-mon'], ['--mkfs', '-i', 'a', '--monmap', map, '--keyring', keyring])
  const monitor = await server('The Ceph monitor', binaries['ceph-mon'], ['-i', 'a'], /mon\.a@0\(leader\)/, directory)

  const storeId = randomUUID()
  await run(binaries.ceph, ['osd', 'new', storeId])
  await run(binaries['ceph-osd'], ['-i', '0', '--mkfs', '--osd-uuid', storeId])
  const store = await server('The Ceph store', binaries['ceph-osd'], ['-i', '0'], /booting -> active/, directory)
  await run(binaries.ceph, ['osd', 'crush', 'add', 'osd.0', '1', 'root=default'])

  const port = await freePort()
  const startGateway = () => {
    const frontend = ['--rgw-frontends', `beast endpoint=${host}:${port}`, '--rgw-data', directory]
    const args = ['-n', 'client.rgw', ...frontend]
    // Its end leaves the others running in the directory. It says that it starts before it listens, and this after.
    return server('The Ceph gateway', binaries.radosgw, args, /service_daemon_register/, undefined)
  }
  let gateway = await startGateway()
  const createUser = async (): Promise<S3Credentials> => {
    const user = {
      accessKeyId: randomBytes(10).toString('hex'),
      secretAccessKey: randomBytes(20).toString('base64url'),
    }
    const keys = ['--access-key', user.accessKeyId, '--secret-key', user.secretAccessKey]
    await run(binaries['radosgw-admin'], [
      ...['-n', 'client.rgw', 'user', 'create', '--uid', user.accessKeyId, '--display-name', 'test', ...keys],
    ])
    return user
  }
  const user = await createUser()
  const endpoint = `http://${host}:${port}`
  const stop = async () => {
    await gateway.stop()
    // The store would write its memory to disk if it were asked to end.
    await store.kill()
    await store.stop()
    await monitor.stop()
  }
  return {
    ...{ endpoint, port, ...user, createUser, stop },
    region: 'us-east-1',
    get pid() {
      return gateway.pid
    },
    createBucket: (name = `bucket-${randomBytes(6).toString('hex')}`) => createBucket(endpoint, user, name),
    log: () => gateway.log(),
    kill: () => gateway.kill(),
    async restart() {
      await gateway.stop()
      gateway = await startGateway()
    },
    [Symbol.asyncDispose]: stop,
  }
}

function allowAll(name: string, systems: readonly string[]): string[] {
  return ['--gen-key', '-n', name, ...systems.flatMap((system) => ['--cap', system, 'allow *'])]
}

function runner(configuration: string, account: Account | undefined) {
  return async (program: string, args: readonly string[]): Promise<string> => {
    try {
      const options = { cwd: '/', timeout: 60_000, maxBuffer: 16 << 20, ...(account ?? {}) }
      return (await promisify(execFile)(program, ['-c', configuration, ...args], options)).stdout
    } catch (cause) {
      throw new FatalError('TESTING_RADOSGW_FAILED', {
        message: `${program} failed: ${cause instanceof Error ? cause.message : cause}`,
        cause,
      })
    }
  }
}

function writeConfiguration(
  { directory, id, monitor }: { directory: string; id: string; monitor: string },
  account: Account | undefined,
): string {
  const settings = {
    fsid: id,
    'mon host': monitor,
    'mon initial members': 'a',
    'public addr': host,
    'cluster addr': host,
    'ms bind msgr2': false,
    'osd objectstore': 'memstore',
    'memstore device bytes': 4 * 2 ** 30,
    'osd pool default size': 1,
    'osd pool default min size': 1,
    'osd pool default pg num': 1,
    'osd pool default pgp num': 1,
    'osd pool default pg autoscale mode': 'off',
    'osd crush chooseleaf type': 0,
    'osd crush update on start': false,
    'mon allow pool size one': true,
    'mon max pg per osd': 1000,
    // How full the machine's disk is does not matter here.
    'mon data avail crit': 1,
    'mon data avail warn': 1,
    // A second by default, which every one of the pools that the gateway makes would wait.
    'paxos propose interval': 0.05,
    'run dir': directory,
    'mon data': join(directory, 'mon'),
    'osd data': join(directory, 'osd'),
    keyring: join(directory, 'keyring'),
    'admin socket': '',
    'log file': '',
    'log to stderr': true,
    'debug rocksdb': 0,
    'debug memstore': 0,
  }
  for (const name of ['mon', 'osd']) {
    mkdirSync(join(directory, name), { mode: 0o711 })
    give(join(directory, name), account)
  }
  const path = join(directory, 'ceph.conf')
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`)
  writeFileSync(path, `[global]\n${lines.join('')}`, { mode: 0o644 })
  return path
}

/** By the older, shorter kind of signature, so that no driver is needed here. */
async function createBucket(endpoint: string, user: S3Credentials, name: string): Promise<string> {
  const date = new Date().toUTCString()
  const signature = createHmac('sha1', user.secretAccessKey).update(`PUT\n\n\n${date}\n/${name}`).digest('base64')
  const response = await fetch(`${endpoint}/${name}`, {
    method: 'PUT',
    headers: { date, authorization: `AWS ${user.accessKeyId}:${signature}` },
  })
  if (response.ok) return name
  throw new FatalError('TESTING_BUCKET_FAILED', {
    message: `The bucket "${name}" could not be made: ${response.status} ${await response.text()}`,
  })
}
