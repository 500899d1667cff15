import { type ChildProcess, spawn } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { FatalError } from '@millrace/core'
import type { Account } from './account.ts'
import { watchOver } from './watchdog.ts'

export interface ServerSpec {
  readonly name: string
  readonly program: string
  readonly args: readonly string[]
  readonly account: Account | undefined
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** Printed by the server when it takes connections. */
  readonly ready: RegExp
  /** Printed when the port was taken between finding it and using it. */
  readonly portTaken: RegExp
  readonly stopSignal: 'INT' | 'TERM'
  /** Removed after the stop, also by the watchdog. */
  readonly temporaryDirectory: string | undefined
}

export interface RunningServer {
  readonly pid: number
  /** Resolves when the server has ended, for whatever reason. */
  readonly exited: Promise<void>
  /** The last part of what the server printed. */
  log(): string
  /** Ends the server at once, the way a crash does; the directory stays. */
  kill(): Promise<void>
  /** Ends the server, at once or in order, and keeps its directory for a server that takes its place. */
  halt(how: 'kill' | 'stop'): Promise<void>
  stop(): Promise<void>
}

export class PortTaken extends Error {}

const logLimit = 64 * 1024
const startTimeoutMs = 120_000
const stopTimeoutMs = 15_000
/** What was printed before the end comes at once, but for pipes that processes of the server still hold. */
const lastWordsMs = 3000

export async function startServer(spec: ServerSpec): Promise<RunningServer> {
  const child = spawn(spec.program, spec.args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: '/',
    ...(spec.env ? { env: { ...process.env, ...spec.env } } : {}),
    // An own process group: Ctrl-C in the terminal is ours to answer, not the server's.
    detached: process.platform !== 'win32',
    ...(spec.account ?? {}),
  })
  let log = ''
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', (error) => {
      log += `${error}`
      resolve()
    })
  })
  // Undefined when the program could not even be started; then nothing needs watching.
  const pid = child.pid ?? 0
  const { stopSignal, temporaryDirectory: directory } = spec
  const watchdog = pid === 0 ? undefined : watchOver({ pid, stopSignal, directory })
  try {
    await untilReady(spec, child, exited, (text) => {
      log = (log + text).slice(-logLimit)
      return log
    })
  } catch (error) {
    watchdog?.dismiss()
    throw error
  }
  letGo(child)
  // Its pid can be another process's by the time we end. A directory still has to be removed then.
  if (directory === undefined) void exited.then(() => watchdog?.dismiss())

  const end = async (signals: readonly NodeJS.Signals[]) => {
    for (const signal of signals) {
      child.kill(signal)
      if (await endsWithin(exited, stopTimeoutMs)) return
    }
  }
  let stopping: Promise<void> | undefined
  return {
    pid,
    exited,
    log: () => log,
    kill: () => end(['SIGKILL']),
    async halt(how) {
      await end(how === 'kill' ? ['SIGKILL'] : [`SIG${spec.stopSignal}`, 'SIGQUIT', 'SIGKILL'])
      watchdog?.dismiss()
    },
    stop() {
      stopping ??= (async () => {
        await end([`SIG${spec.stopSignal}`, 'SIGQUIT', 'SIGKILL'])
        if (spec.temporaryDirectory !== undefined) {
          await rm(spec.temporaryDirectory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
        }
        watchdog?.dismiss()
      })()
      return stopping
    },
  }
}

async function untilReady(
  spec: ServerSpec,
  child: ChildProcess,
  exited: Promise<void>,
  collect: (text: string) => string,
): Promise<void> {
  let log = ''
  let timer: NodeJS.Timeout | undefined
  const silent = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
  })
  const ready = new Promise<'ready'>((resolve) => {
    const read = (text: string) => {
      log = collect(text)
      if (spec.ready.test(log)) resolve('ready')
    }
    child.stdout?.setEncoding('utf8').on('data', read)
    child.stderr?.setEncoding('utf8').on('data', read)
  })
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, startTimeoutMs, 'late')
  })
  const outcome = await Promise.race([ready, late, exited.then(() => 'exited' as const)])
  clearTimeout(timer)
  if (outcome === 'ready') return
  child.kill('SIGKILL')
  // The end may be told before what the pipes still hold.
  await endsWithin(silent, lastWordsMs)
  if (spec.portTaken.test(log)) throw new PortTaken()
  throw new FatalError('SERVER_FAILED', {
    message: `${spec.name} ${outcome === 'late' ? `was not ready after ${startTimeoutMs / 1000} s` : 'ended while starting'}. Its last words:\n${log.slice(-4000)}`,
  })
}

/** A process that forgot to stop its server must still be able to end; the watchdog does the rest. */
function letGo(child: ChildProcess): void {
  child.unref()
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null && 'unref' in stream && typeof stream.unref === 'function') stream.unref()
  }
}

async function endsWithin(exited: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false)
  })
  const ended = await Promise.race([exited.then(() => true), late])
  clearTimeout(timer)
  return ended
}
