import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Outcome } from '@millrace/workflow'
import { afterEach, describe, expect, test } from 'vitest'
import { type CodeOptions, codeAttempt, recordingHost } from '../../task-host/attempt-spec.fixture.ts'
import { executorContract } from '../executor.contract.ts'
import type { Executor } from '../executor.ts'
import { isGone, openExecutor } from './open-executor.fixture.ts'
import type { ProcessExecutorOptions } from './process-executor.ts'

executorContract('The process executor', { open: openExecutor })

describe('A process', () => {
  let executor: Executor | undefined
  const open = async (options: Partial<ProcessExecutorOptions> = {}) => {
    executor = await openExecutor(options)
    return executor
  }
  afterEach(async () => {
    await executor?.[Symbol.asyncDispose]()
    executor = undefined
  })

  const run = async (code: Parameters<typeof codeAttempt>[0], options?: CodeOptions & { version?: string }) => {
    const { host } = recordingHost()
    const spec = codeAttempt(code, options)
    const version = options?.version
    const sha256 = version && { package: { name: 'p', version, sha256: version } }
    return outputOf(await executor?.start({ ...spec, ...sha256 }, host).outcome)
  }
  const pid = () => process.pid

  test('is used again for the next attempt of its version', async () => {
    await open()
    const first = await run(pid)
    expect(await run(pid)).toBe(first)
    expect(await run(pid)).toBe(first)
  })

  test('has one version loaded, and makes room for another', async () => {
    await open({ slots: 1 })
    const a = Number(await run(pid, { version: 'a' }))
    const b = Number(await run(pid, { version: 'b' }))
    expect(b).not.toBe(a)
    await expect.poll(() => isGone(a)).toBe(true)
    expect(await run(pid, { version: 'b' })).toBe(b)
  })

  test('of its own is given to each attempt that wants one', async () => {
    await open()
    const pids = []
    for (let count = 0; count < 4; count += 1) {
      const own = Number(await run(pid, { isolation: 'process' }))
      expect(await isGone(own)).toBe(true)
      pids.push(own)
    }
    expect(new Set(pids).size).toBe(4)
  })

  test.for([
    ['a timer', 'setInterval(() => {}, 1000)'],
    ['a server', "process.getBuiltinModule('node:net').createServer().listen(0)"],
    [
      'a thread',
      "new (process.getBuiltinModule('node:worker_threads').Worker)('setInterval(() => {}, 9)', { eval: true })",
    ],
    ['a program', "process.getBuiltinModule('node:child_process').spawn('sleep', ['60'])"],
  ])('is not used again when its task leaves %s behind', async ([, leave]) => {
    await open()
    const first = Number(await run(`() => { ${leave}; return process.pid }`))
    expect(await isGone(first)).toBe(true)
    expect(await run(pid)).not.toBe(first)
  })

  test('is not used again after its attempt was stopped', async () => {
    const { start } = await open()
    const { host, heard, texts } = recordingHost()
    const started = start(
      codeAttempt(async ({ signal, log }) => {
        log.info(`${process.pid}`)
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      }),
      host,
    )
    await heard('')
    started.stop('cancelled')
    await started.outcome
    expect(await run(pid)).not.toBe(Number(texts()[0]))
  })

  test('that nobody needs ends after a while', async () => {
    await open({ idleMs: 50 })
    const idle = Number(await run(pid))
    await expect.poll(() => isGone(idle)).toBe(true)
    expect(await run(pid)).not.toBe(idle)
  })

  test('that is killed between two attempts is replaced', async () => {
    await open()
    const first = Number(await run(pid))
    process.kill(first, 'SIGKILL')
    await expect.poll(() => isGone(first)).toBe(true)
    expect(await run(pid)).not.toBe(first)
  })

  test('sees nothing of the environment of the worker but what tasks are to see', async () => {
    const environment = {
      PATH: process.env.PATH,
      HOME: '/home/somebody',
      TZ: 'Europe/Berlin',
      OTEL_SERVICE_NAME: 'flights',
      MILLRACE_TOKEN: 'never',
      MILLRACE_CONNECTION_LAKE: 'never',
      MILLRACE_SECRET_KEY: 'never',
      DATABASE_URL: 'never',
      ISB_PASSWORD: 'never',
      AWS_SECRET_ACCESS_KEY: 'never',
      NAMED: 'given',
    }
    await open({ environment, passEnvironment: ['NAMED'] })
    const seen = (await run(() => ({ ...process.env }))) as Record<string, string>
    expect(seen).toMatchObject({
      HOME: '/home/somebody',
      TZ: 'Europe/Berlin',
      OTEL_SERVICE_NAME: 'flights',
      NAMED: 'given',
    })
    expect(Object.values(seen)).not.toContain('never')
  })

  test.runIf(process.platform === 'linux')('has its limit of open files, and so have those it starts', async () => {
    await open({ environment: { PATH: process.env.PATH, MAX_FILE_DESCRIPTORS: '256' } })
    const limit = () => process.getBuiltinModule('node:child_process').execSync('ulimit -n').toString().trim()
    expect(await run(limit)).toBe('256')
  })

  test.runIf(process.platform === 'linux')(
    'is ended before others when the memory of the machine runs out',
    async () => {
      await open()
      const code = () => process.getBuiltinModule('node:fs').readFileSync('/proc/self/oom_score_adj', 'utf8').trim()
      expect(await run(code)).toBe('900')
    },
  )

  test('has a temporary folder of its own, which goes with it', async () => {
    await open()
    const folder = String(
      await run(() => {
        const { writeFileSync } = process.getBuiltinModule('node:fs')
        const { tmpdir } = process.getBuiltinModule('node:os')
        writeFileSync(`${tmpdir()}/left`, 'x')
        return tmpdir()
      }),
    )
    expect(folder).not.toBe(tmpdir())
    await executor?.[Symbol.asyncDispose]()
    executor = undefined
    await expect(rm(folder)).rejects.toThrow('ENOENT')
  })

  test('that cannot start says why, and the executor goes on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    const broken = join(folder, 'host.mjs')
    await writeFile(broken, 'throw new Error("the host is broken")')
    const { start } = await open({ hostModule: pathToFileURL(broken) })
    for (const _ of [1, 2]) {
      expect(await start(codeAttempt(pid), recordingHost().host).outcome).toMatchObject({
        failure: { reason: 'load', message: expect.stringContaining('the host is broken') },
      })
    }
    expect(executor?.free).toBe(2)
    await rm(folder, { recursive: true })
  })

  test('of an operator that there is not says so', async () => {
    const { start } = await open()
    const spec = codeAttempt(pid)
    const node = { ...spec.node, operator: { name: 'nonesuch', config: {} } }
    expect(await start({ ...spec, node }, recordingHost().host).outcome).toMatchObject({
      failure: { reason: 'load', message: expect.stringMatching(/code could not be loaded .* no operator nonesuch/) },
    })
  })
})

test.runIf(process.platform === 'linux')(
  'A worker that is killed takes its tasks with it, also one in an endless loop and what it started',
  async () => {
    const worker = fileURLToPath(new URL('./doomed-worker.fixture.ts', import.meta.url))
    const cacheFolder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
    const child = execFile(process.execPath, ['--conditions=@millrace/source', worker, cacheFolder])
    const [line] = await once(child.stdout ?? child, 'data')
    const { pids, folder } = JSON.parse(String(line)) as { pids: number[]; folder: string }
    for (const pid of pids) expect(await isGone(pid)).toBe(false)
    child.kill('SIGKILL')
    for (const pid of pids) await expect.poll(() => isGone(pid)).toBe(true)
    await expect.poll(() => rm(folder).catch((error) => error.code)).toBe('ENOENT')
    await rm(cacheFolder, { recursive: true, maxRetries: 5 })
  },
)

function outputOf(outcome: Outcome | undefined): unknown {
  if (outcome?.kind === 'success') return outcome.output
  throw new Error(JSON.stringify(outcome))
}
