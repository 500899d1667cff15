import { isMillraceError } from '@millrace/core'
import type { AttemptSpec } from '@millrace/workflow'
import { type HeldAttempt, keyOf } from './held-attempt.ts'
import type { ExchangeAnswer, ExchangeRequest, WorkerApi, WorkerInfo } from './worker-api.ts'

export interface ExchangeLoopOptions {
  readonly api: WorkerApi
  readonly info: WorkerInfo
  readonly held: ReadonlyMap<string, HeldAttempt>
  /** How many more attempts the worker takes. */
  readonly room: () => number
  /** Results are awaited by nobody yet: they may wait for more, so that one exchange carries many. */
  readonly isBusy: () => boolean
  readonly onTasks: (specs: readonly AttemptSpec[], leaseUntil: number) => void
  readonly onSettled: (attempt: HeldAttempt, accepted: boolean) => void
  /** The server will never answer this worker. */
  readonly onRefused: (error: unknown) => void
  readonly onFailure: (error: unknown, retryMs: number) => void
  readonly onAnswer: () => void
}

export interface ExchangeLoop {
  /** Something changed: a result, room, a stop. */
  kick(): void
  /** Tells progress now. */
  tell(): void
  /** When the server answered last, by `performance.now()`. */
  readonly answeredAt: number
  /** No exchange after this; resolves when none is under way. */
  close(): Promise<void>
}

const longestWaitMs = 10_000
/** What a busy worker's results wait for more at most. */
const gatherMs = 25
/** After an answer that came at once and said nothing new, such as a stop that is being obeyed. */
const pauseMs = 200
const retryMs = { first: 200, last: 5000 }
const pollAgain = new Error('The worker asks anew, with room for more.')

/**
 * Talks with the server by at most two exchanges at a time: a *poll* that waits for something to do, and a *report* that
 * carries results at once and asks for what follows in the same breath. Room that the poll asks for is not asked for again
 * by a report. A poll that asks for none is given up when there is room; one that asks for some never is, because what it
 * is given would be lost with its answer.
 */
export function exchangeLoop(options: ExchangeLoopOptions): ExchangeLoop {
  const { api, info, held } = options
  let poll: { readonly want: number; readonly controller: AbortController } | undefined
  let report: { readonly want: number; readonly controller: AbortController } | undefined
  let leaseMs = 30_000
  let failures = 0
  let answeredAt = performance.now()
  let progressDue = false
  let closed = false
  let kicked = false
  let resultSince: number | undefined
  let gatherTimer: NodeJS.Timeout | undefined
  let pauseTimer: NodeJS.Timeout | undefined
  let retryTimer: NodeJS.Timeout | undefined
  const underWay = new Set<Promise<void>>()

  const kick = () => {
    if (kicked) return
    kicked = true
    // Attempts that end in the same turn share an exchange.
    setImmediate(() => {
      kicked = false
      pump()
    })
  }
  const pump = () => {
    if (closed || retryTimer !== undefined) return
    if (report === undefined && isReportDue()) start('report')
    const want = pollWant()
    if (poll === undefined) {
      if (pauseTimer === undefined) start('poll')
    } else if (poll.want === 0 && want > 0 && report === undefined) {
      poll.controller.abort(pollAgain)
    }
  }
  const openRoom = () => Math.max(0, options.room() - (poll?.want ?? 0) - (report?.want ?? 0))
  /** A busy worker reports soon, and asks then. */
  const pollWant = () => (options.isBusy() ? 0 : openRoom())
  const isReportDue = (): boolean => {
    if (progressDue) return true
    const hasResult = [...held.values()].some(({ result, isSending }) => result !== undefined && !isSending)
    if (!hasResult) return false
    const now = performance.now()
    resultSince ??= now
    if (!options.isBusy() || now - resultSince >= gatherMs) return true
    gatherTimer ??= setTimeout(() => {
      gatherTimer = undefined
      pump()
    }, gatherMs)
    return false
  }

  const start = (kind: 'poll' | 'report') => {
    const exchange = run(kind).finally(() => underWay.delete(exchange))
    underWay.add(exchange)
  }
  const run = async (kind: 'poll' | 'report') => {
    const controller = new AbortController()
    const all = [...held.values()].filter(({ isLost }) => !isLost)
    const sending = kind === 'poll' ? [] : all.filter(({ result, isSending }) => result !== undefined && !isSending)
    for (const attempt of sending) attempt.isSending = true
    const running = all.filter(({ isSending }) => !isSending)
    const told = running.map(({ ref, progress }) => ({ ...ref, ...(progress === undefined ? {} : { progress }) }))
    for (const attempt of running) attempt.progress = undefined
    const request: ExchangeRequest = {
      worker: info,
      results: sending.flatMap(({ result }) => result ?? []),
      running: told,
      want: kind === 'poll' ? pollWant() : openRoom(),
      waitMs: kind === 'poll' ? Math.min(longestWaitMs, Math.floor(leaseMs / 3)) : 0,
    }
    if (kind === 'poll') poll = { want: request.want, controller }
    else {
      report = { want: request.want, controller }
      progressDue = false
      resultSince = undefined
    }
    const startedAt = performance.now()
    let answer: ExchangeAnswer | undefined
    let failure: unknown
    try {
      answer = await api.exchange(request, controller.signal)
    } catch (error) {
      failure = error
    }
    if (kind === 'poll') poll = undefined
    else report = undefined
    for (const attempt of sending) attempt.isSending = false
    if (answer) {
      take(answer, request, startedAt, kind)
    } else {
      for (const [at, attempt] of running.entries()) attempt.progress ??= told[at]?.progress
      if (!controller.signal.aborted) fail(failure)
    }
    kick()
  }

  const take = (answer: ExchangeAnswer, { running }: ExchangeRequest, startedAt: number, kind: 'poll' | 'report') => {
    failures = 0
    answeredAt = performance.now()
    leaseMs = answer.leaseMs
    // From the question, not from the answer: to stop too early does less harm than to go on too long.
    const leaseUntil = startedAt + leaseMs
    for (const ref of running) {
      const attempt = held.get(keyOf(ref))
      if (attempt) attempt.leaseUntil = Math.max(attempt.leaseUntil, leaseUntil)
    }
    let isNews = answer.tasks.length > 0
    for (const { accepted, ...ref } of answer.settled) {
      const attempt = held.get(keyOf(ref))
      if (attempt?.result !== undefined) options.onSettled(attempt, accepted)
      isNews = true
    }
    for (const ref of answer.lost) {
      const attempt = held.get(keyOf(ref))
      // Settled by a report while the poll waited: not lost, but done.
      if (attempt === undefined || attempt.isSending || attempt.isLost) continue
      attempt.lose()
      isNews = true
    }
    for (const { reason, ...ref } of answer.stop) {
      const attempt = held.get(keyOf(ref))
      if (attempt === undefined || attempt.isStopping) continue
      attempt.stop(reason)
      isNews = true
    }
    options.onAnswer()
    if (answer.tasks.length > 0) options.onTasks(answer.tasks, leaseUntil)
    if (kind === 'poll' && !isNews && performance.now() - startedAt < pauseMs) {
      pauseTimer = setTimeout(() => {
        pauseTimer = undefined
        pump()
      }, pauseMs)
    }
  }

  const fail = (error: unknown) => {
    if (isMillraceError(error) && error.recovery === 'config') {
      options.onRefused(error)
      return
    }
    failures += 1
    const wait = Math.min(retryMs.last, retryMs.first * 2 ** (failures - 1)) * (0.5 + Math.random() / 2)
    options.onFailure(error, wait)
    retryTimer ??= setTimeout(() => {
      retryTimer = undefined
      pump()
    }, wait)
  }

  return {
    kick,
    tell() {
      progressDue = true
      kick()
    },
    get answeredAt() {
      return answeredAt
    },
    async close() {
      closed = true
      for (const timer of [gatherTimer, pauseTimer, retryTimer]) clearTimeout(timer)
      poll?.controller.abort(pollAgain)
      report?.controller.abort(pollAgain)
      await Promise.all(underWay)
    },
  }
}
