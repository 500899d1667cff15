import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectorDefinition } from '@millrace/connectors'
import type { PlatformSettings } from '@millrace/core'
import { HttpError, invalid } from '@millrace/http'
import type { Trial, TrialAnswers, TrialRequest, TrialResponse, TriedConnection } from './trial.ts'
import { type TrialLimits, usualLimits } from './trial-limits.ts'

export interface Trials {
  /**
   * Tries connections from here, in a process of its own that ends with the trial: a driver that hangs or crashes takes nothing
   * with it, and what takes too much memory or room on the disk is given up.
   *
   * @param options.timeoutMs To boot, connect and answer. Default 30,000.
   * @param options.folder For temporary files of the process, which the caller removes. Default: one that goes with it.
   * @throws HttpError 422 CONNECTION_LOCAL, CONNECTION_FAILED; 429 CONNECTION_TRIALS_BUSY; 504 CONNECTION_TIMEOUT.
   */
  run<Kind extends keyof TrialAnswers>(
    trial: Trial & { readonly question: { readonly kind: Kind } },
    signal: AbortSignal,
    options?: { readonly timeoutMs?: number; readonly folder?: string },
  ): Promise<TrialAnswers[Kind]>
}

/** For each process of the server. */
const mostAtOnce = 4
const usualTimeoutMs = 30_000

const isSource = import.meta.url.endsWith('.ts')
const program = fileURLToPath(new URL(`./trial-process.${isSource ? 'ts' : 'js'}`, import.meta.url))

export function connectionTrials(
  settings: Pick<PlatformSettings, 'allowedAddresses' | 'localConnections'>,
  limits: TrialLimits = usualLimits,
): Trials {
  const { allowedAddresses, localConnections } = settings
  let running = 0
  return {
    async run(trial, signal, { timeoutMs = usualTimeoutMs, folder } = {}) {
      if (!localConnections) {
        for (const connection of Object.values(trial.connections)) await refuseLocal(connection)
      }
      if (running >= mostAtOnce) {
        const message = 'The server tries several connections already. Try again in a few seconds.'
        throw new HttpError(429, 'CONNECTION_TRIALS_BUSY', message, { headers: { 'retry-after': '5' } })
      }
      running += 1
      try {
        const outbound = localConnections ? null : { allowedAddresses }
        const response = await answerIn(folder, { ...trial, outbound, limits }, signal, timeoutMs)
        if ('failure' in response) {
          // Of a dataset it can be the question that is wrong.
          const code = trial.question.kind.startsWith('dataset') ? response.code : undefined
          throw invalid(code ?? 'CONNECTION_FAILED', response.failure)
        }
        return response.answer as TrialAnswers[typeof trial.question.kind]
      } finally {
        running -= 1
      }
    },
  }
}

/** Files of the server are none of its users' business. */
async function refuseLocal({ connector, values }: TriedConnection): Promise<void> {
  const { title, configSchema } = await connectorDefinition(connector)
  const path = Object.keys(values).find((name) => configSchema.properties[name]?.localPath)
  if (path === undefined) return
  throw invalid(
    'CONNECTION_LOCAL',
    `${title} reads the file that "${path}" names, on the machine where the task runs. This server does not read files for its users, so it cannot try this connection; tasks can use it.`,
  )
}

async function answerIn(
  given: string | undefined,
  request: TrialRequest,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<TrialResponse> {
  const folder = given ?? (await mkdtemp(join(tmpdir(), 'millrace-trial-')))
  try {
    return await answerOf(request, signal, { timeoutMs, folder })
  } finally {
    // A process that was killed may still be writing there.
    if (given === undefined) await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}

async function answerOf(
  request: TrialRequest,
  signal: AbortSignal,
  { timeoutMs, folder }: { readonly timeoutMs: number; readonly folder: string },
): Promise<TrialResponse> {
  const env = request.outbound === null ? process.env : bareEnvironment()
  const child = fork(program, [], {
    execArgv: isSource ? ['--conditions=@millrace/source'] : [],
    env: { ...env, TMPDIR: folder, TEMP: folder, TMP: folder },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  try {
    return await firstMessage(child, request, { limit, timeoutMs })
  } finally {
    child.kill('SIGKILL')
  }
}

function firstMessage(
  child: ChildProcess,
  request: TrialRequest,
  { limit, timeoutMs }: { readonly limit: AbortSignal; readonly timeoutMs: number },
): Promise<TrialResponse> {
  return new Promise((resolve, reject) => {
    const late =
      request.question.kind === 'plan'
        ? `There was no plan within ${timeoutMs / 1000} s: a connection does not answer, or there are many tables. Test both connections, or plan fewer tables.`
        : `The connection did not answer within ${timeoutMs / 1000} s. Check host, port and firewalls.`
    const isTest = request.question.kind === 'test'
    child.once('message', (message) => resolve(message as TrialResponse))
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`
      const message = `The process that tried the connection ended with ${how}. Its driver may not be installed or not fit.`
      resolve(isTest ? { answer: { ok: false, message } } : { failure: message })
    })
    const giveUp = () => {
      if (isTest) resolve({ answer: { ok: false, message: late } })
      else reject(new HttpError(504, 'CONNECTION_TIMEOUT', late))
    }
    limit.addEventListener('abort', giveUp, { once: true })
    if (limit.aborted) giveUp()
    child.send(request, (error) => error && reject(error))
  })
}

/** What a program needs to run, and what says which certificates it trusts. */
const passedOn = [
  ...['PATH', 'TZ', 'LANG', 'SystemRoot', 'TMPDIR', 'TEMP', 'TMP'],
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'MILLRACE_CONNECTORS'],
]

/** Nothing in it, nor in the home folder or the network that it leads to, is a credential. */
function bareEnvironment(): Record<string, string> {
  const kept = passedOn.flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  const nowhere = fileURLToPath(new URL('./no-home', import.meta.url))
  return { ...Object.fromEntries(kept), HOME: nowhere, USERPROFILE: nowhere, AWS_EC2_METADATA_DISABLED: 'true' }
}
