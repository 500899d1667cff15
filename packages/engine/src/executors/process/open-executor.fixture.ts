import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AttemptSpec, Outcome } from '@millrace/workflow'
import { afterAll, expect } from 'vitest'
import { codeAttempt, recordingHost } from '../../task-host/attempt-spec.fixture.ts'
import type { Executor } from '../executor.ts'
import { type ProcessExecutorOptions, processExecutor } from './process-executor.ts'

export const codeHost = new URL('../../task-host/code-host.fixture.ts', import.meta.url)

/** Compiled code is shared by the tests of a file: else every one of them would wait for it. */
let cacheFolder: Promise<string> | undefined
afterAll(async () => {
  if (cacheFolder !== undefined) await rm(await cacheFolder, { recursive: true, force: true, maxRetries: 5 })
})

/** An executor whose operator `code` runs a function. */
export async function openExecutor(options: Partial<ProcessExecutorOptions> = {}): Promise<Executor> {
  cacheFolder ??= mkdtemp(join(tmpdir(), 'millrace-test-'))
  return processExecutor({
    slots: 2,
    hostModule: codeHost,
    cacheFolder: await cacheFolder,
    installFor: async () => null,
    ...options,
  })
}

/** Runs an attempt beside another one, and looks that this one is not harmed. */
export async function beside(
  executor: Executor,
  spec: AttemptSpec,
): Promise<{ outcome: Outcome; texts: readonly string[] }> {
  const neighbour = recordingHost()
  const asked = Promise.withResolvers<void>()
  const release = Promise.withResolvers<string>()
  const running = executor.start(
    codeAttempt(async ({ output, log }) => {
      log.info('before')
      const word = await output('before')
      console.log('after')
      return word
    }),
    {
      ...neighbour.host,
      output: () => {
        asked.resolve()
        return release.promise
      },
    },
  )
  await asked.promise
  const poisoned = recordingHost()
  const outcome = await executor.start(spec, poisoned.host).outcome
  release.resolve('unharmed')
  expect(await running.outcome).toEqual({ kind: 'success', output: 'unharmed' })
  expect(neighbour.texts()).toEqual(['before', 'after'])
  expect(executor.free).toBe(2)
  return { outcome, texts: poisoned.texts() }
}

/** Whether a process has ended; one that nobody has waited for yet counts as ended. */
export async function isGone(pid: number): Promise<boolean> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
    return /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
  } catch {
    return true
  }
}
