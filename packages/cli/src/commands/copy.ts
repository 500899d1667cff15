import { performance } from 'node:perf_hooks'
import { type TransferEvent, transfer } from '@millrace/connectors'
import { ConfigError } from '@millrace/core'
import { type Context, exitCodes } from '../context.ts'
import { describeFailure, printFailure } from '../failure.ts'
import { printable } from '../output/printable.ts'
import { createProgressView } from '../output/progress.ts'
import { totalLine } from '../output/summary.ts'
import { shellQuote } from '../parse-values.ts'
import { withoutPassword } from '../secrets.ts'
import { version } from '../version.ts'
import { type TransferArguments, type TransferJob, transferJobs } from './requests.ts'

export interface CopyArguments extends TransferArguments {
  readonly json: boolean
}

type Finished = Extract<TransferEvent, { type: 'table-finished' }>

/** Moves the tables of one transfer, or of all transfers of a file in their order; the first failure ends it. */
export async function copy(input: CopyArguments, context: Context): Promise<number> {
  const report = createReport(input.json, context)
  using _ = report
  const started = performance.now()
  try {
    const jobs = await transferJobs(input, context)
    refuseSharedOutput(jobs, input.json)
    for (const job of jobs) {
      report.begin(job.name)
      await runJob(job, report, context)
    }
  } catch (error) {
    return report.failed(error)
  }
  return report.done(performance.now() - started)
}

function refuseSharedOutput(jobs: readonly TransferJob[], json: boolean): void {
  if (!jobs.some((job) => job.toStandardOutput) || (!json && jobs.length === 1)) return
  throw new ConfigError('STDOUT_TWICE', {
    message: `Standard output carries the copied rows, so ${json ? '--json events cannot go there' : 'a file of several transfers cannot write there'}. Copy to a file instead.`,
  })
}

async function runJob(job: TransferJob, report: Report, context: Context): Promise<void> {
  const spec = await job.prepare()
  await using _from = spec.from.connector
  await using _to = spec.to.connector
  await transfer(spec, {
    stateDirectory: context.settings.home,
    version,
    signal: context.signal,
    onEvent: (event) => report.onEvent(event),
    ...(job.manifestPath === null ? {} : { manifestPath: job.manifestPath }),
  })
}

interface Report extends Disposable {
  begin(name: string | null): void
  onEvent(event: TransferEvent): void
  failed(error: unknown): number
  done(durationMs: number): number
}

/** Tells a person on standard error, and with `--json` a program on standard output. */
function createReport(json: boolean, context: Context): Report {
  const { mask } = context.secrets
  const view = json ? null : createProgressView({ stream: process.stderr, mask })
  const finished: Finished[] = []
  const resumable: string[] = []
  let transferName: string | null = null
  const print = (event: object) =>
    context.out(`${mask(JSON.stringify(transferName === null ? event : { ...event, transfer: transferName }))}\n`)
  return {
    begin(name) {
      transferName = name
    },
    onEvent(event) {
      if (event.type === 'table-finished') finished.push(event)
      if (event.type === 'table-failed' && event.resumable) resumable.push(event.table)
      const told = context.signal.aborted ? asInterrupted(event, context.signal) : event
      if (json) print(told)
      view?.onEvent(told)
    },
    failed(error) {
      view?.[Symbol.dispose]()
      if (json) {
        const { code, message, exitCode, details = {} } = describeFailure(error, context.signal)
        const shown = Object.keys(details).length > 0 ? { details } : {}
        print({ type: 'failed', error: { code, message, ...shown }, exitCode, resumable })
        return exitCode
      }
      const { exitCode } = printFailure(error, { ...context, debug: context.settings.debug })
      if (context.signal.aborted && finished.length > 0) {
        context.err(`Done before: ${finished.map(({ table }) => printable(table)).join(', ')}.\n`)
      }
      if (resumable.length > 0) context.err(mask(resumeHint(context.args)))
      return exitCode
    },
    done(durationMs) {
      transferName = null
      if (json) {
        const rows = finished.reduce((sum, event) => sum + event.rows, 0)
        const bytes = finished.reduce((sum, event) => sum + event.bytes, 0)
        print({ type: 'done', tables: finished.length, rows, bytes, durationMs: Math.round(durationMs) })
      } else if (finished.length > 1) view?.line(totalLine(finished, durationMs))
      return exitCodes.done
    },
    [Symbol.dispose]() {
      view?.[Symbol.dispose]()
    },
  }
}

function asInterrupted(event: TransferEvent, signal: AbortSignal): TransferEvent {
  if (event.type !== 'table-failed') return event
  const { code, message } = describeFailure(signal.reason, signal)
  return { ...event, error: { code, message } }
}

/** The same command finds what the cut one left behind; its password cannot be shown. */
function resumeHint(args: readonly string[]): string {
  const shown = args.filter((arg) => arg !== '--restart').map((arg) => ({ arg, plain: withoutPassword(arg) }))
  const masked = shown.some(({ arg, plain }) => arg !== plain)
  return (
    `The chunks that are done were kept. Run the same command again to resume:\n` +
    `  millrace ${shown.map(({ plain }) => shellQuote(plain)).join(' ')}\n` +
    (masked ? '(The password is left out here; give it again, or use a named connection.)\n' : '')
  )
}
