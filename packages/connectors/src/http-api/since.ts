import { ConfigError } from '@millrace/core'
import type { Incremental } from './api-definition.ts'

/** A mark, as canonical text, in the form in which the API takes it; `lookback` is in seconds, or units of a number. */
export function sinceValue({ format = 'iso', field }: Incremental, mark: string, lookback: number): string {
  if (format === 'text') {
    if (lookback === 0) return mark
    if (/^-?\d+$/.test(mark)) return String(BigInt(mark) - BigInt(Math.ceil(lookback)))
    throw new ConfigError('LOOKBACK_WITHOUT_MEANING', {
      message: `A lookback goes back in time or in numbers, and "${field}" is sent as text. Leave --lookback out.`,
    })
  }
  const numeric = /^-?\d+(\.\d+)?$/.test(mark)
  if ((format === 'unix' || format === 'unix-ms') && numeric) {
    return String(Math.floor(Number(mark) - lookback * (format === 'unix-ms' ? 1000 : 1)))
  }
  const time = Date.parse(isoText(mark))
  if (Number.isNaN(time)) {
    throw new ConfigError('CURSOR_NOT_A_TIME', {
      message: `The API wants "${field}" as a time, and the last value was ${mark}. Set its "format" to text, or choose another cursor.`,
    })
  }
  // Whole milliseconds, never later than the mark.
  const date = new Date(Math.floor(time - lookback * 1000))
  switch (format) {
    case 'iso':
      return date.toISOString().replace('.000Z', 'Z')
    case 'date':
      return date.toISOString().slice(0, 10)
    case 'unix':
      return String(Math.floor(date.getTime() / 1000))
    case 'unix-ms':
      return String(date.getTime())
  }
}

/** `2026-03-01 10:00:00.5+00` as ISO 8601; a time without a zone is taken as UTC. */
function isoText(mark: string): string {
  const text = mark.replace(' ', 'T').replace(/\+00$/, 'Z')
  return /T/.test(text) && !/(?:Z|[+-]\d\d(?::?\d\d)?)$/i.test(text.slice(11)) ? `${text}Z` : text
}
