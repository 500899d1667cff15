import { type ChildProcess, fork } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ConfigError } from '@millrace/core'
import { EngineError, refusal } from './engine-error.ts'
import { createFifoPool, readFifo, writeFifo } from './fifo.ts'
import type { EngineStatement, FromEngine, Outcome, ToEngine } from './messages.ts'
import { ownerOf, writeOwner } from './owner.ts'
import { quoteText } from './quote.ts'
import { watchOver } from './watchdog.ts'

/** Statements that read and write at once; each holds a thread, and many only wait for their data. */
const maximumStatements = 64
const stopTimeoutMs = 3_000
/** How long a killed server's engine may take to let go of the data, on a machine that is very busy. */
const lockTimeoutMs = 60_000
/** How long a statement may take to notice that it was cancelled. */
const cancelMs = 2_000

export interface EngineOptions {
  /** A temporary folder, removed at the end, when absent. */
  readonly dataDirectory?: string
}

export interface Running<T> {
  readonly stream: T
  readonly outcome: Promise<Outcome>
}

/**
 * ClickHouse in a process of its own. It starts with the first statement and again after a crash; what was
 * running then fails. Rows go through named pipes, never through messages.
 */
export interface Engine extends AsyncDisposable {
  readonly directory: string
  readonly version: string
  run(statement: EngineStatement, signal?: AbortSignal): Promise<Outcome>
  /** `sql` gets the quoted path of the pipe. The stream ends when the statement does, also when it fails. */
  read(
    statement: Omit<EngineStatement, 'sql'> & { readonly sql: (pipe: string) => string },
    signal?: AbortSignal,
  ): Promise<Running<Readable>>
  /** Feeds `source` to the statement. A source that fails cancels it. */
  write(
    statement: Omit<EngineStatement, 'sql'> & { readonly sql: (pipe: string) => string },
    source: Readable,
    signal?: AbortSignal,
  ): Promise<Outcome>
}

interface Waiting {
  readonly resolve: (outcome: Outcome) => void
  readonly reject: (error: Error) => void
}

interface Folders {
  readonly home: string
  readonly directory: string
  /** Removed by the engine when the server dies without having stopped it. */
  readonly temporary: string
}

interface Child {
  readonly process: ChildProcess
  readonly version: string
  send(message: ToEngine): void
}

/** @throws ConfigError DRIVER_MISSING, DATA_DIRECTORY_IN_USE, ENGINE_FAILED. */
export async function startEngine(options: EngineOptions = {}): Promise<Engine> {
  requireChdb()
  const pipes = await mkdtemp(join(tmpdir(), 'millrace-pipes-'))
  const home = options.dataDirectory === undefined ? join(pipes, 'data') : resolve(options.dataDirectory)
  const directory = join(home, 'clickhouse')
  const fifos = createFifoPool(pipes)
  const waiting = new Map<number, Waiting>()
  let nextId = 1
  let stopped = false
  let starting: Promise<Child> | undefined

  const child = (): Promise<Child> => {
    if (stopped) throw refusal(236, 'ABORTED', 'The server is stopping.')
    starting ??= startChild({ home, directory, temporary: pipes }, (message) => hear(message, waiting)).then(
      (started) => {
        started.process.once('exit', () => {
          starting = undefined
          for (const { reject } of waiting.values())
            reject(refusal(236, 'ABORTED', 'ClickHouse ended while the statement ran; it starts again with the next.'))
          waiting.clear()
        })
        return started
      },
      (error) => {
        starting = undefined
        throw error
      },
    )
    return starting
  }

  const run = async (statement: EngineStatement, signal?: AbortSignal): Promise<Outcome> => {
    signal?.throwIfAborted()
    const { send } = await child()
    const id = nextId++
    const cancel = () => send({ kind: 'cancel', id })
    const outcome = new Promise<Outcome>((resolve, reject) => waiting.set(id, { resolve, reject }))
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      send({ kind: 'run', id, statement })
      return await outcome
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  try {
    await mkdir(home, { recursive: true })
    const { version } = await child()
    return {
      directory: home,
      version,
      run,
      async read({ sql, ...statement }, signal) {
        const path = await fifos.take()
        const { stream, finish } = readFifo(path)
        const controller = new AbortController()
        const signals = signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal])
        const closed = new Promise((done) => stream.once('close', done))
        const outcome = run({ ...statement, sql: sql(quoteText(path)) }, signals).finally(finish)
        stream.on('error', () => {})
        stream.once('close', () => controller.abort())
        // Nobody has to look at the outcome of what he no longer reads.
        void Promise.allSettled([outcome, closed]).then(() => fifos.giveBack(path))
        return { stream, outcome }
      },
      async write({ sql, ...statement }, source, signal) {
        const path = await fifos.take()
        const controller = new AbortController()
        const signals = signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal])
        let settled = false
        const outcome = run({ ...statement, sql: sql(quoteText(path)) }, signals).finally(() => {
          settled = true
        })
        const fed = feed(
          path,
          source,
          outcome,
          () => settled,
          () => controller.abort(),
        )
        void Promise.allSettled([outcome, fed]).then(() => fifos.giveBack(path))
        // A statement that failed does not wait for the rest of its data.
        await Promise.race([fed, outcome])
        return outcome
      },
      async [Symbol.asyncDispose]() {
        if (!stopped) {
          const last = starting
          stopped = true
          const started = await last?.catch(() => undefined)
          if (started !== undefined) await stop(started)
        }
        await rm(pipes, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
      },
    }
  } catch (error) {
    await rm(pipes, { recursive: true, force: true })
    throw error
  }
}

/** Ends when all of the source is in the pipe. What comes after the end of the statement is thrown away. */
async function feed(
  path: string,
  source: Readable,
  outcome: Promise<Outcome>,
  settled: () => boolean,
  cancel: () => void,
): Promise<void> {
  const sink = await writeFifo(path, settled)
  // The engine closes its end when it needs no more; its reason is the statement's outcome.
  sink?.on('error', () => {})
  try {
    for await (const chunk of source) {
      if (sink === null || sink.destroyed || settled()) continue
      if (!sink.write(chunk)) await drained(sink)
    }
    sink?.end()
  } catch (error) {
    // The statement is told before the pipe ends, lest it take that for the end of the data.
    cancel()
    await Promise.race([outcome.catch(() => {}), wait(cancelMs)])
    sink?.destroy()
    throw error
  }
}

function drained(sink: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      sink.off('drain', done).off('close', done)
      resolve()
    }
    sink.on('drain', done).on('close', done)
  })
}

function hear(message: FromEngine, waiting: Map<number, Waiting>): void {
  if (message.kind !== 'done' && message.kind !== 'error') return
  const asked = waiting.get(message.id)
  waiting.delete(message.id)
  if (message.kind === 'done') asked?.resolve(message.outcome)
  else asked?.reject(new EngineError(message.code, message.message))
}

async function startChild(
  { home, directory, temporary }: Folders,
  onMessage: (message: FromEngine) => void,
): Promise<Child> {
  const deadline = Date.now() + lockTimeoutMs
  for (;;) {
    const outcome = await tryStart(directory, temporary, onMessage)
    if (typeof outcome !== 'string') {
      await writeOwner(home, outcome.process.pid ?? 0)
      return outcome
    }
    if (!/Cannot lock file|already running/i.test(outcome)) {
      throw new ConfigError('ENGINE_FAILED', {
        message: `ClickHouse could not open its data in ${directory}. Its last words:\n${outcome.slice(-2000)}`,
      })
    }
    const owner = await ownerOf(home)
    if (owner?.alive === true || Date.now() > deadline) {
      throw new ConfigError('DATA_DIRECTORY_IN_USE', {
        message: `The data directory ${home} is in use${owner === null ? '' : ` by the process ${owner.pid}, since ${owner.since}`}. Stop that one, or name another directory.`,
        details: { directory: home, ...owner },
      })
    }
    await wait(200)
  }
}

/** The last words of an engine that could not start. */
function tryStart(
  directory: string,
  temporary: string,
  onMessage: (message: FromEngine) => void,
): Promise<Child | string> {
  // Under a TypeScript loader this file, too, ends in .ts.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const program = fileURLToPath(new URL(`./engine-process.${extension}`, import.meta.url))
  const child = fork(program, [directory, temporary], {
    env: { ...process.env, TZ: 'UTC', UV_THREADPOOL_SIZE: `${maximumStatements}` },
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  watchOver(child, temporary)
  let words = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-64 * 1024)
  })
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`${error}`))
    child.once('close', () => resolve(words))
    child.on('message', (message: FromEngine) => {
      if (message.kind === 'ready') {
        // A statement that the engine can no longer be told about fails with the engine.
        const send = (message: ToEngine) => void child.send(message, () => {})
        resolve({ process: child, version: message.version, send })
      } else if (message.kind === 'failed') words += `\n${message.message}`
      else onMessage(message)
    })
  })
}

async function stop({ process: child, send }: Child): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  send({ kind: 'close' })
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs)
  await exited
  clearTimeout(timer)
}

function requireChdb(): void {
  const require = createRequire(import.meta.url)
  try {
    require.resolve('chdb')
  } catch (cause) {
    const { peerDependencies } = require('../../package.json') as {
      readonly peerDependencies: { readonly chdb: string }
    }
    throw new ConfigError('DRIVER_MISSING', {
      message: `The package "chdb" (ClickHouse in process, Linux and macOS) is needed for this and is not installed. Install it with: npm install chdb@${peerDependencies.chdb}`,
      details: { driver: 'chdb' },
      cause,
    })
  }
}
