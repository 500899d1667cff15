import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { openDatabase } from '@millrace/db'
import { createEngine } from '../engine.ts'
import { processExecutor } from '../executors/process/process-executor.ts'
import { localArtifacts } from '../local-artifacts.ts'
import { engineWorkerApi } from './engine-worker-api.ts'
import { listenForWork } from './work-signals.ts'
import { startWorker } from './worker.ts'

/** A worker in a process of its own, to be killed or paused: database, folder and lease in seconds are its arguments. */
const [url = '', folder = '', leaseSeconds = '30'] = process.argv.slice(2)
const db = await openDatabase({ url, maxConnections: 4 })
const engine = createEngine({
  db,
  artifacts: localArtifacts(join(folder, 'artifacts')),
  leaseSeconds: Number(leaseSeconds),
})
const slots = 2
startWorker({
  api: engineWorkerApi(engine, { signals: await listenForWork(db) }),
  executor: processExecutor({
    slots,
    hostModule: new URL('../task-host/code-host.fixture.ts', import.meta.url),
    cacheFolder: join(folder, 'cache'),
    installFor: async () => null,
  }),
  info: { id: randomUUID(), name: 'doomed', host: 'h', pid: process.pid, version: '0', queues: ['default'], slots },
  log: { info() {}, warn() {}, error() {} },
})
