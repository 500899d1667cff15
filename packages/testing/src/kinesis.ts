import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { freePort, onFreePort, startServer } from '@millrace/db'

export interface TestKinesis extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, for any credentials. */
  readonly endpoint: string
  readonly port: number
  log(): string
  stop(): Promise<void>
}

/** A third party's emulator of Amazon Kinesis, with everything in memory. */
export async function startKinesis(): Promise<TestKinesis> {
  const program = createRequire(import.meta.url).resolve('kinesis-local/main.js')
  // It reads files from the folder that it runs in.
  const script = `process.chdir(${JSON.stringify(dirname(program))}); require(${JSON.stringify(program)})`
  return await onFreePort(async (port) => {
    const server = await startServer({
      name: 'kinesis-local',
      ...{ program: process.execPath, args: ['-e', script] },
      env: {
        ...{ KINESIS_MOCK_PLAIN_PORT: `${port}`, KINESIS_MOCK_TLS_PORT: `${await freePort()}`, LOG_LEVEL: 'INFO' },
        // Changes to streams take no longer than they have to.
        ...Object.fromEntries(operations.map((name) => [`${name}_DURATION`, '10ms'])),
        NODE_OPTIONS: '',
      },
      account: undefined,
      ready: /Starting Kinesis Plain Mock Service/,
      portTaken: /EADDRINUSE|Address already in use/,
      stopSignal: 'TERM',
      temporaryDirectory: undefined,
    })
    return {
      ...{ endpoint: `http://127.0.0.1:${port}`, port },
      log: server.log,
      stop: server.stop,
      [Symbol.asyncDispose]: server.stop,
    }
  })
}

const operations = ['CREATE_STREAM', 'DELETE_STREAM', 'MERGE_SHARDS', 'SPLIT_SHARD', 'UPDATE_SHARD_COUNT']
