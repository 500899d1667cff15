import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { hostname } from 'node:os'
import { createLogger } from '@millrace/core'
import { httpWorkerApi, packageInstalls, processExecutor, startWorker } from '@millrace/engine'

/** A worker over HTTP, until standard input ends. */
const [url = '', token = '', slots = '1', cacheFolder = ''] = process.argv.slice(2)
const api = httpWorkerApi({ url, token })
await using executor = processExecutor({
  slots: Number(slots),
  hostModule: new URL('./task-host.ts', import.meta.url),
  cacheFolder,
  installFor: packageInstalls({ api, cacheFolder }),
})
const log = await createLogger({ name: 'worker', level: 'warn', write: (line) => void process.stderr.write(line) })
const info = {
  id: randomUUID(),
  name: 'bench',
  host: hostname(),
  pid: process.pid,
  version: '0.0.0',
  queues: ['default'],
  slots: Number(slots),
}
await using worker = startWorker({ api, executor, info, log })
process.stdout.write('ready\n')
process.stdin.resume()
await Promise.race([once(process.stdin, 'end'), worker.ended])
await worker.drain()
