import { redact } from './redact.ts'

export interface KitLogger {
  debug(message: string): void
  info(message: string): void
  warning(message: string): void
  error(message: string): void
}

/**
 * The log of ingestion scripts, on standard output: `[2026-03-01T09:30:00+01:00][tag][LEVEL] message`.
 * Each line is one write, and line breaks in a message become spaces, so that lines never interleave.
 */
export function kitLogger({
  tag,
  secrets = [],
  write = (line) => process.stdout.write(line),
  now = () => new Date(),
}: {
  readonly tag: string
  readonly secrets?: Iterable<string>
  readonly write?: (line: string) => void
  readonly now?: () => Date
}): KitLogger {
  const at = (level: string) => (message: string) => write(kitLine(now(), tag, level, redact(message, secrets)))
  return { debug: at('DEBUG'), info: at('INFO'), warning: at('WARNING'), error: at('ERROR') }
}

export function kitLine(time: Date, tag: string, level: string, message: string): string {
  return `[${localIsoTime(time)}][${tag}][${level}] ${message.replace(/\s*[\r\n]+\s*/g, ' ').trim()}\n`
}

/** ISO 8601 in local time with the offset, whole seconds. */
function localIsoTime(time: Date): string {
  const two = (value: number) => String(Math.trunc(value)).padStart(2, '0')
  const offset = -time.getTimezoneOffset()
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`
  const date = [String(time.getFullYear()).padStart(4, '0'), two(time.getMonth() + 1), two(time.getDate())].join('-')
  return `${date}T${[time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':')}${zone}`
}
