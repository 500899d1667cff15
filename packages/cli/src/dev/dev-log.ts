import { createLogger, type Logger } from '@millrace/core'
import type { Context } from '../context.ts'
import { printable } from '../output/printable.ts'

/** What a server and a worker say, as lines that a person reads: the time, the level where it matters, the text. */
export async function personsLogger(
  name: string,
  { err, secrets, settings }: Pick<Context, 'err' | 'secrets' | 'settings'>,
): Promise<Logger> {
  return await createLogger({
    name,
    level: settings.debug ? 'debug' : 'info',
    write(line) {
      const entry: Entry = JSON.parse(line)
      if (settings.debug || !isRegularRequest(entry)) err(`${printable(secrets.mask(lineOf(entry)))}\n`)
    },
  })
}

type Entry = Readonly<Record<string, unknown>> & {
  readonly level: string
  readonly time: string
  readonly msg?: string
  readonly err?: { readonly message?: string }
}

/** A request that went well is of no interest to whoever made it. */
function isRegularRequest({ msg, status }: Entry): boolean {
  return msg === 'request' && typeof status === 'number' && status < 500
}

/** Kept short: what a task or a request is about, and the message of an error. */
function lineOf({ level, time, name: _, msg = '', err, ...fields }: Entry): string {
  const at = new Date(time).toTimeString().slice(0, 8)
  const mark = level === 'info' ? '' : `${level.toUpperCase()} `
  const rest = Object.entries(fields)
    .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
    .map(([key, value]) => `${key}=${value}`)
  const why = err?.message === undefined ? [] : [err.message]
  return [`${at}  ${mark}${msg}`, ...rest, ...why].join('  ')
}
