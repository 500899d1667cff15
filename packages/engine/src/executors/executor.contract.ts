import { ConfigError } from '@millrace/core'
import { afterEach, describe, expect, test } from 'vitest'
import { codeAttempt, recordingHost } from '../task-host/attempt-spec.fixture.ts'
import type { Executor } from './executor.ts'

export interface ExecutorContractOptions {
  /** A new executor with two slots, whose operator `code` runs the function that is its configuration. */
  readonly open: () => Promise<Executor> | Executor
  /** What the infrastructure cannot do. */
  readonly without?: readonly ('questions' | 'live logs' | 'heartbeats')[]
}

/** What every executor is held to. */
export function executorContract(name: string, { open, without = [] }: ExecutorContractOptions): void {
  describe(`${name} runs attempts`, () => {
    let executor: Executor | undefined
    const opened = async () => {
      executor = await open()
      return executor
    }
    afterEach(async () => {
      await executor?.[Symbol.asyncDispose]()
    })

    test('and gives their output', async () => {
      const { start } = await opened()
      const { host } = recordingHost()
      const spec = codeAttempt((context) => ({ item: context.item, attempt: context.task.attempt }), {
        item: { n: [1, 'two', null] },
        attempt: 3,
      })
      expect(await start(spec, host).outcome).toEqual({
        kind: 'success',
        output: { item: { n: [1, 'two', null] }, attempt: 3 },
      })
    })

    test('and gives their log in order, before the outcome', async () => {
      const { start } = await opened()
      const { host, texts } = recordingHost()
      const spec = codeAttempt(async ({ log }) => {
        log.info('first')
        console.log('second')
        await new Promise((resolve) => setTimeout(resolve, 10))
        log.warn('third', { rows: 3 })
        console.error('fourth\nfifth')
        process.stdout.write('without a line break')
      })
      await start(spec, host).outcome
      const wanted = ['first', 'second', 'third', 'fourth', 'fifth', 'without a line break']
      expect(texts().filter((text) => wanted.includes(text))).toEqual(wanted)
    })

    test('and gives the error of a task that fails', async () => {
      const { start } = await opened()
      const { host } = recordingHost()
      const outcome = await start(
        codeAttempt(() => {
          throw new TypeError('no such table')
        }),
        host,
      ).outcome
      expect(outcome).toMatchObject({ kind: 'failure', failure: { reason: 'error', message: 'no such table' } })
    })

    test.skipIf(without.includes('questions'))('and answers their questions, also with errors', async () => {
      const { start } = await opened()
      const { host } = recordingHost()
      const spec = codeAttempt(
        async ({ output, secrets, workflows }) => {
          const failure = await workflows.state('7').catch((error) => `${error.name} ${error.code}: ${error.message}`)
          return [await output('before'), (await secrets.get('key')).length, await workflows.trigger('other'), failure]
        },
        { secrets: ['key'] },
      )
      const refusing = {
        ...host,
        runState: async () => {
          throw new ConfigError('RUN_UNKNOWN', { message: 'There is no run 7.' })
        },
      }
      expect(await start(spec, refusing).outcome).toEqual({
        kind: 'success',
        output: ['output of before', 10, 'run of other', 'ConfigError RUN_UNKNOWN: There is no run 7.'],
      })
    })

    test.skipIf(without.includes('heartbeats'))('and passes their progress on', async () => {
      const { start } = await opened()
      const { host, beats } = recordingHost()
      const spec = codeAttempt(({ heartbeat }) => {
        heartbeat()
        heartbeat({ done: 3, total: 5, unit: 'rows' })
      })
      await start(spec, host).outcome
      expect(beats).toEqual([undefined, { done: 3, total: 5, unit: 'rows' }])
    })

    test('at most as many at a time as it has slots, and each slot comes back', async () => {
      const executor = await opened()
      const { host } = recordingHost()
      expect(executor.free).toBe(2)
      const first = executor.start(
        codeAttempt(() => 1),
        host,
      )
      const second = executor.start(
        codeAttempt(() => process.exit(3)),
        host,
      )
      expect(executor.free).toBe(0)
      await Promise.all([first.outcome, second.outcome])
      expect(executor.free).toBe(2)
      const third = executor.start(
        codeAttempt(() => new Promise(() => setInterval(() => {}, 1000))),
        host,
      )
      third.stop('cancelled', { graceMs: 0 })
      await third.outcome
      expect(executor.free).toBe(2)
    })

    test('once: the same attempt is adopted, not started again', async () => {
      const executor = await opened()
      const { host, texts } = recordingHost()
      const spec = codeAttempt(({ log }) => log.info('started'))
      const first = executor.start(spec, host)
      const again = executor.start(spec, host)
      expect(executor.free).toBe(1)
      expect(await again.outcome).toEqual(await first.outcome)
      expect(texts('log')).toEqual(['started'])
    })

    test('until they are to stop: the task hears of it and may end by itself', async () => {
      const { start } = await opened()
      const { host, heard, texts } = recordingHost()
      const started = start(
        codeAttempt(async ({ log, signal }) => {
          log.info('waiting')
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
          log.info(`stopping: ${signal.reason.reason}`)
        }),
        host,
      )
      if (!without.includes('live logs')) await heard('waiting')
      started.stop('cancelled')
      started.stop('cancelled')
      expect(await started.outcome).toMatchObject({ kind: 'failure', failure: { reason: 'cancelled' } })
      if (!without.includes('live logs')) expect(texts('log')).toEqual(['waiting', 'stopping: cancelled'])
    })

    test.for(['cancelled', 'timeout', 'lost'] as const)('until they have to stop: %s', async (reason) => {
      const { start } = await opened()
      const { host, heard } = recordingHost()
      const started = start(
        codeAttempt(({ log }) => {
          log.info('spinning')
          for (;;);
        }),
        host,
      )
      if (!without.includes('live logs')) await heard('spinning')
      started.stop(reason, { graceMs: 50 })
      expect(await started.outcome).toMatchObject({ kind: 'failure', failure: { reason } })
    })

    test('and a stop that comes before they began is obeyed, one that comes after they ended changes nothing', async () => {
      const { start } = await opened()
      const { host } = recordingHost()
      const early = start(
        codeAttempt(() => 1),
        host,
      )
      early.stop('cancelled')
      expect(await early.outcome).toMatchObject({ kind: 'failure', failure: { reason: 'cancelled' } })
      const late = start(
        codeAttempt(() => 1),
        host,
      )
      const outcome = await late.outcome
      late.stop('cancelled')
      expect(await late.outcome).toBe(outcome)
    })

    test('until it is disposed of, which ends them', async () => {
      const executor = await opened()
      const { host, heard } = recordingHost()
      const started = executor.start(
        codeAttempt(({ log }) => {
          log.info('running')
          for (;;);
        }),
        host,
      )
      if (!without.includes('live logs')) await heard('running')
      await executor[Symbol.asyncDispose]()
      expect(await started.outcome).toMatchObject({ kind: 'failure', failure: { reason: 'lost' } })
      expect(executor.free).toBe(0)
    })
  })
}
