import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { codeAttempt } from '../../task-host/attempt-spec.fixture.ts'
import type { Executor } from '../executor.ts'
import { beside, isGone, openExecutor } from './open-executor.fixture.ts'

const onLinux = process.platform === 'linux'

describe('A neighbour is unharmed and the reason is shown when a task', () => {
  let executor: Executor
  beforeAll(async () => {
    executor = await openExecutor({ graceMs: 200, logLimitBytes: 1024 * 1024 })
  })
  afterAll(() => executor[Symbol.asyncDispose]())

  const failureOf = async (...code: Parameters<typeof codeAttempt>) => {
    const { outcome, texts } = await beside(executor, codeAttempt(...code))
    if (outcome.kind !== 'failure') throw new Error(`It ended with ${JSON.stringify(outcome).slice(0, 200)}`)
    return { ...outcome.failure, texts }
  }

  test('exits', async () => {
    const { reason, message } = await failureOf(() => {
      console.error('about to leave')
      process.exit(3)
    })
    expect(reason).toBe('exit')
    expect(message).toContain('with exit code 3')
  })

  test('kills itself', async () => {
    const { reason, message } = await failureOf(() => {
      process.kill(process.pid, 'SIGKILL')
      for (;;);
    })
    expect(reason).toBe('exit')
    expect(message).toContain('by signal SIGKILL')
  })

  test('aborts in native code', async () => {
    const { reason, message } = await failureOf(() => process.abort())
    expect(reason).toBe('exit')
    expect(message).toContain('by signal SIGABRT')
  })

  test('uses up the heap of JavaScript', async () => {
    const { reason, message } = await failureOf(
      () => {
        const all = []
        for (;;) all.push(new Array(1000).fill(0).map(() => ({})))
      },
      { memoryMb: 96 },
    )
    expect(reason).toBe('memory')
    expect(message).toContain('96 MiB')
  })

  test.runIf(onLinux)('fills memory with buffers', async () => {
    const { reason, message } = await failureOf(
      async () => {
        const all = []
        for (;;) {
          all.push(Buffer.alloc(8 * 1024 * 1024, 1))
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
      },
      { memoryMb: 200 },
    )
    expect(reason).toBe('memory')
    expect(message).toMatch(/held [\d.]+ [MG]B of memory; its limit is 200 MiB/)
  })

  test.runIf(onLinux)('fills memory by a process that it started', async () => {
    const { reason, message } = await failureOf(
      async () => {
        const { spawn } = process.getBuiltinModule('node:child_process')
        const code = 'const all = []; setInterval(() => all.push(Buffer.alloc(8 << 20, 1)), 5)'
        spawn(process.execPath, ['-e', code], { stdio: 'ignore' })
        await new Promise(() => {})
      },
      { memoryMb: 250 },
    )
    expect(reason).toBe('memory')
    expect(message).toContain('its limit is 250 MiB')
  })

  test('prints without end', async () => {
    const before = process.memoryUsage.rss()
    const { reason, texts } = await failureOf(
      () => {
        for (;;) console.log('never ending '.repeat(100))
      },
      // Long enough to say more than is kept on a busy machine; on a quiet one it may be gigabytes.
      { startToCloseSeconds: 1 },
    )
    expect(reason).toBe('timeout')
    expect(texts.join('').length).toBeLessThan(1024 * 1024)
    expect(texts.join('\n')).toMatch(/… [\d.]+ [MG]B not kept: the log of an attempt is limited to 1 MB/)
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * 1024 * 1024)
  })

  test('writes without end past the console, as other programs do', async () => {
    const { reason, texts } = await failureOf(
      async () => {
        const { spawn } = process.getBuiltinModule('node:child_process')
        spawn('sh', ['-c', 'exec yes "a long line that never ends"'], { stdio: 'inherit' })
        await new Promise(() => {})
      },
      { startToCloseSeconds: 1 },
    )
    expect(reason).toBe('timeout')
    expect(texts[0]).toBe('a long line that never ends')
    expect(texts.join('').length).toBeLessThan(1024 * 1024)
    expect(texts.join('\n')).toMatch(/… [\d.]+ [MG]B not kept/)
  })

  test('does not stop when its time is over', async () => {
    const { reason, message } = await failureOf(
      async () => {
        process.on('SIGTERM', () => {})
        const until = Date.now() + 60_000
        while (Date.now() < until);
      },
      { startToCloseSeconds: 0.1 },
    )
    expect(reason).toBe('timeout')
    expect(message).toContain('did not end within 0.1 s (timeouts.startToCloseSeconds)')
    expect(message).toContain('so its process was ended')
  })

  test('gives no sign of life', async () => {
    const { reason, message } = await failureOf(
      () => {
        for (;;);
      },
      { heartbeatSeconds: 0.1 },
    )
    expect(reason).toBe('timeout')
    expect(message).toContain('timeouts.heartbeatSeconds')
  })

  test('rejects a promise that nobody awaits', async () => {
    const { reason, message, stack } = await failureOf(async () => {
      void Promise.reject(new Error('nobody sees me'))
      await new Promise(() => {})
    })
    expect(reason).toBe('error')
    expect(message).toContain('nobody sees me')
    expect(stack).toContain('nobody sees me')
  })

  test('throws where nobody catches', async () => {
    const { reason, message } = await failureOf(async () => {
      setTimeout(() => {
        throw new RangeError('out of a timer')
      })
      await new Promise(() => {})
    })
    expect(reason).toBe('error')
    expect(message).toContain('out of a timer')
  })

  test.for(['"text"', 'null', 'undefined', '{ code: 7 }', 'Object.create(null)', 'Symbol("odd")'])(
    'throws what is no error: %s',
    async (value) => {
      const { reason, message } = await failureOf(`() => { throw ${value} }`)
      expect(reason).toBe('error')
      expect(message).not.toBe('')
    },
  )

  test.for(['() => 10n', '() => { const a = {}; a.a = a; return a }', '() => () => 1'])(
    'returns what is not JSON: %s',
    async (code) => {
      const { reason } = await failureOf(code)
      expect(reason).toBe('error')
    },
  )

  test('returns 100 MB', async () => {
    const { reason, message } = await failureOf(() => 'x'.repeat(100 * 1024 * 1024))
    expect(reason).toBe('error')
    expect(message).toMatch(/output/i)
  })

  test('fills its scratch folder and leaves it', async () => {
    const { texts } = await failureOf(({ scratch, log }) => {
      const { writeFileSync } = process.getBuiltinModule('node:fs')
      writeFileSync(`${scratch}/large`, Buffer.alloc(30 * 1024 * 1024))
      log.info(scratch)
      process.exit(1)
    })
    expect(texts[0]).toContain('millrace')
    expect(existsSync(texts[0] ?? '')).toBe(false)
  })

  test('closes what it should not close', async () => {
    const { outcome, texts } = await beside(
      executor,
      codeAttempt(() => {
        const { closeSync } = process.getBuiltinModule('node:fs')
        closeSync(1)
        closeSync(2)
        console.log('still heard')
        return 'done'
      }),
    )
    expect(outcome).toEqual({ kind: 'success', output: 'done' })
    expect(texts).toEqual(['still heard'])
  })

  test('closes the channel to its worker', async () => {
    const { reason, message } = await failureOf(
      async () => {
        const { closeSync } = process.getBuiltinModule('node:fs')
        closeSync(4)
        await new Promise(() => {})
      },
      { startToCloseSeconds: 30 },
    )
    expect(reason).toBe('exit')
    expect(message).toContain('channel')
  })

  test.for([
    { kind: 'ended' },
    { kind: 'ended', outcome: { kind: 'won' }, leftBehind: null, cpuMs: 1, memoryBytes: 1 },
    { kind: 'log', entry: { text: 7 } },
    { kind: 'ask', id: 1, method: 'constructor', args: [] },
    { kind: 'heartbeat', progress: [] },
    { kind: 'nonesuch' },
  ])('writes messages to the channel that make no sense: %j', async (message) => {
    const { reason, message: said } = await failureOf(
      `async () => {
        const text = ${JSON.stringify(JSON.stringify(message))}
        const head = Buffer.alloc(4)
        head.writeUInt32BE(text.length)
        process.getBuiltinModule('node:fs').writeSync(4, Buffer.concat([head, Buffer.from(text)]))
        await new Promise(() => {})
      }`,
    )
    expect(reason).toBe('exit')
    expect(said).toContain('channel')
  })

  test.for(['not a message at all', '\0\0\0\u0005nojson', '\0\0\0\u0004null', '\u007f\u00ff\u00ff\u00ff'])(
    'writes rubbish to the channel: %j',
    async (rubbish) => {
      const { reason, message } = await failureOf(
        `() => {
          process.getBuiltinModule('node:fs').writeSync(4, Buffer.from(${JSON.stringify(rubbish)}, 'latin1'))
          return 'never seen'
        }`,
      )
      expect(reason).toBe('exit')
      expect(message).toContain('channel')
    },
  )
})

describe.runIf(onLinux)('Nothing runs on after an attempt that started processes', () => {
  let executor: Executor
  beforeAll(async () => {
    executor = await openExecutor({ graceMs: 100 })
  })
  afterAll(() => executor[Symbol.asyncDispose]())

  const starting = (end: string) => `async ({ log }) => {
    const { spawn, execSync } = process.getBuiltinModule('node:child_process')
    const child = spawn('sleep', ['600'], { stdio: 'ignore' })
    const leader = spawn('sleep', ['600'], { stdio: 'ignore', detached: true })
    leader.unref()
    const hidden = execSync('setsid sleep 600 >/dev/null 2>&1 & echo $!').toString().trim()
    log.info([child.pid, leader.pid, hidden].join(' '))
    ${end}
  }`

  test.for([
    ['ends', 'return null'],
    ['fails', 'throw new Error("it failed")'],
    ['crashes', 'process.exit(9)'],
    ['has to be stopped', 'for (;;);'],
  ] as const)('and %s', async ([, end]) => {
    const { texts } = await beside(executor, codeAttempt(starting(end), { startToCloseSeconds: 0.2 }))
    const pids = texts[0]?.split(' ').map(Number) ?? []
    expect(pids).toHaveLength(3)
    for (const pid of pids) expect(await isGone(pid)).toBe(true)
  })

  test('and hides one by a command that ends at once', async () => {
    const { outcome, texts } = await beside(
      executor,
      codeAttempt(({ log }) => {
        const { execSync } = process.getBuiltinModule('node:child_process')
        log.info(execSync('setsid sleep 600 >/dev/null 2>&1 & echo $!').toString().trim())
      }),
    )
    expect(outcome.kind).toBe('success')
    expect(await isGone(Number(texts[0]))).toBe(true)
    expect(texts[1]).toBe('1 process(es) that the task had left behind were ended.')
  })
})
