import type { LogEntry } from '@millrace/client'

export type { LogEntry }

export const levels = ['debug', 'info', 'warn', 'error'] as const satisfies readonly LogEntry['level'][]
export const sources = ['log', 'stdout', 'stderr', 'engine'] as const satisfies readonly LogEntry['source'][]

/** Which lines to show; all levels and sources by default. */
export interface LogFilter {
  readonly levels: readonly LogEntry['level'][]
  readonly sources: readonly LogEntry['source'][]
}

/** Level and source of a line in one byte. */
export type Mark = number

export function markOf(level: string, source: string): Mark {
  const levelAt = levels.indexOf(level as never)
  const sourceAt = sources.indexOf(source as never)
  return (levelAt < 0 ? 1 : levelAt) | ((sourceAt < 0 ? 0 : sourceAt) << 2)
}

/** For each of the marks that there are whether the filter lets it through; null when it lets all through. */
export function passing({ levels: wantedLevels, sources: wantedSources }: LogFilter): readonly boolean[] | null {
  const marks = sources.flatMap((source) =>
    levels.map((level) => wantedLevels.includes(level) && wantedSources.includes(source)),
  )
  return marks.every(Boolean) ? null : marks
}

const decoder = new TextDecoder()
const headBytes = 96
const usualHead = /^\{"at":\d+,"level":"(\w+)","source":"(\w+)"/

/** Level and source of a line, by its beginning where that suffices. */
export function markOfLine(line: Uint8Array): Mark {
  const head = usualHead.exec(decoder.decode(line.subarray(0, headBytes)))
  if (head !== null) return markOf(head[1] ?? '', head[2] ?? '')
  const { level, source } = parseLine(line)
  return markOf(level, source)
}

/** The entry of a line; what is no entry is shown as it stands. */
export function parseLine(line: Uint8Array): LogEntry {
  const text = decoder.decode(line)
  try {
    const entry = JSON.parse(text)
    if (typeof entry === 'object' && entry !== null && typeof entry.text === 'string') return entry
  } catch {
    // Shown below as it stands.
  }
  return { at: 0, level: 'info', source: 'log', text }
}

/** What is searched, and copied: the text, then the fields. */
export function entryText({ text, fields }: LogEntry): string {
  return fields === undefined ? text : `${text} ${JSON.stringify(fields)}`
}
