import { type Command, InvalidArgumentError, Option } from 'commander'

/** How a command finds its server, and how it prints. */
export function addServerOptions(command: Command): Command {
  const group = 'Server:'
  return command
    .option('--json', 'Prints JSON.')
    .addOption(
      new Option(
        '--url <url>',
        'Address of the server. Default: MILLRACE_URL, else the "millrace dev" of this folder or one above, else the server of your last login.',
      ).helpGroup(group),
    )
    .addOption(
      new Option(
        '--token <token>',
        'Its token. Default: MILLRACE_TOKEN, which other users of the machine do not see, else that of "millrace login".',
      ).helpGroup(group),
    )
}

export function yesOption(): Option {
  return new Option('-y, --yes', 'Does not ask first. Without a terminal nothing is asked.')
}

/** An option that may be given several times. */
export function severalTimes(flags: string, description: string, valid?: (text: string) => string): Option {
  return new Option(flags, `${description} May be given several times.`).argParser(
    (text: string, before: readonly string[] = []) => [...before, valid?.(text) ?? text],
  )
}

export function wholeNumber({ minimum = 1, maximum = 1_000_000_000 } = {}) {
  return (text: string): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (value >= minimum && value <= maximum) return value
    throw new InvalidArgumentError(`It must be a whole number from ${minimum} on.`)
  }
}

/** An id of a run, as the server takes it. */
export function runId(text: string): string {
  if (/^[1-9]\d{0,14}$/.test(text)) return text
  throw new InvalidArgumentError('It must be the number of a run, which "millrace runs list" shows.')
}
