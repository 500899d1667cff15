import { type Command, InvalidArgumentError, Option } from 'commander'
import type { LocalFault, LocalRateLimits } from '../commands/tinybird-local.ts'
import type { Run } from './run.ts'

/** `millrace tinybird local`. */
export function addTinybirdLocal(tinybird: Command, run: Run): void {
  tinybird
    .command('local')
    .summary('Serves a local stand-in for Tinybird.')
    .description(
      'Serves a local stand-in for the API of Tinybird over ClickHouse in process, for development and tests, until Ctrl-C. It is not Tinybird: it has data sources, events, queries and jobs, and no pipes. It needs the package "chdb".',
    )
    .addOption(
      new Option('--port <port>', 'Where it listens; 0 takes any that is free.').default(0).argParser((text) => {
        const port = /^\d+$/.test(text) ? Number(text) : Number.NaN
        if (!(port <= 65_535)) throw new InvalidArgumentError('It must be a whole number up to 65535.')
        return port
      }),
    )
    .option(
      '--host <address>',
      'The address it listens at. Others than this machine reach it only at another one.',
      '127.0.0.1',
    )
    .option('--data-dir <path>', 'Where the data is kept. Default: a temporary folder, removed at the end.')
    .option('--token <token>', 'The token that requests need. Default: a random one, kept with the data.')
    .addOption(
      new Option(
        '--rate-limit <kind=number>',
        'Requests per minute of a kind, loads, events or creates, before 429 is answered; may be given several times.',
      ).argParser(rateLimit),
    )
    .addOption(
      new Option(
        '--fault <spec>',
        'Requests that fail on purpose: a status, or "cut" for a connection that breaks off, and then path=, method=, times=, after= and retry-after=, such as 503,path=/v0/events,times=2; may be given several times.',
      ).argParser(fault),
    )
    .option('--verbose', 'Prints a line for every request.')
    .action((values) =>
      run(async (context) => (await import('../commands/tinybird-local.ts')).serveTinybirdLocal(values, context)),
    )
}

function rateLimit(text: string, before: LocalRateLimits = {}): LocalRateLimits {
  const match = /^(loads|events|creates)=([1-9]\d*)$/.exec(text)
  if (match === null)
    throw new InvalidArgumentError('It must be loads, events or creates, and a number, such as loads=5.')
  return { ...before, [`${match[1]}PerMinute`]: Number(match[2]) }
}

function fault(text: string, before: readonly LocalFault[] = []): readonly LocalFault[] {
  const [first = '', ...rest] = text.split(',')
  const status = /^[45]\d\d$/.test(first) ? Number(first) : first === 'cut' ? ('cut' as const) : null
  if (status === null) throw new InvalidArgumentError('It must begin with a status from 400 to 599, or with "cut".')
  const found: { -readonly [Name in keyof LocalFault]: LocalFault[Name] } = { status }
  for (const part of rest) {
    const [, name, value = ''] = /^([a-z-]+)=(.+)$/.exec(part) ?? []
    if (name === 'path' && value.startsWith('/')) found.path = value
    else if (name === 'method') found.method = value.toUpperCase()
    else if ((name === 'times' || name === 'after') && /^\d+$/.test(value)) found[name] = Number(value)
    else if (name === 'retry-after') found.headers = { 'Retry-After': value }
    else throw new InvalidArgumentError(`"${part}" is none of path=/…, method=, times=, after= and retry-after=.`)
  }
  return [...before, found]
}
