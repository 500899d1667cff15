import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { executorContract } from '../executor.contract.ts'
import { processExecutor } from './process-executor.ts'

let cacheFolder = ''
beforeAll(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
})
afterAll(() => rm(cacheFolder, { recursive: true, force: true }))

executorContract('The process executor', {
  open: () =>
    processExecutor({
      slots: 2,
      hostModule: new URL('../../task-host/code-host.fixture.ts', import.meta.url),
      cacheFolder,
      installFor: async () => null,
    }),
})
