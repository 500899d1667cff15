import { entryText, parseLine } from './log-entry.ts'
import { bytesOfLine } from './log-index.ts'
import type { LogStore } from './log-store.ts'

export interface LogQuery {
  readonly text: string
  readonly isRegex: boolean
  readonly isCaseSensitive: boolean
}

/** Finds all places of a query in a text; throws a SyntaxError when it is no regular expression. */
export function queryPattern({ text, isRegex, isCaseSensitive }: LogQuery): RegExp {
  const source = isRegex ? text : text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  return new RegExp(source, isCaseSensitive ? 'gu' : 'giu')
}

export interface LogSearch {
  /** Lines that match, ascending. */
  readonly matches: readonly number[]
  /** Lines looked at. */
  readonly searched: number
  /** Looks at the lines that came since; returns false when it was stopped. */
  run(isStopped: () => boolean, onProgress: () => void): Promise<boolean>
}

const pauseEveryMs = 40

/** Looks for a pattern in all lines that pass the filter, in slices, so that whoever reads meanwhile is answered. */
export function createLogSearch(store: LogStore, pattern: RegExp): LogSearch {
  const matches: number[] = []
  let searched = 0
  return {
    matches,
    get searched() {
      return searched
    },
    async run(isStopped, onProgress) {
      let since = performance.now()
      for (const chunk of store.index.chunks) {
        const end = chunk.firstLine + chunk.marks.length
        if (end <= searched) continue
        const bytes = await store.bytesOf(chunk)
        while (searched < end) {
          pattern.lastIndex = 0
          const isMatch = () => pattern.test(entryText(parseLine(bytesOfLine(chunk, bytes, searched))))
          if (store.isShown(searched) && isMatch()) matches.push(searched)
          searched += 1
          if (searched % 512 !== 0 || performance.now() - since < pauseEveryMs) continue
          onProgress()
          await new Promise((resolve) => setTimeout(resolve))
          if (isStopped()) return false
          since = performance.now()
        }
        if (isStopped()) return false
      }
      onProgress()
      return true
    },
  }
}

/** The place in `matches` of the first one after a line, or the last one before it; goes around at the ends. */
export function matchBeside(matches: readonly number[], line: number, direction: 'next' | 'previous'): number {
  if (matches.length === 0) return -1
  if (direction === 'next') {
    const found = matches.findIndex((match) => match > line)
    return found < 0 ? 0 : found
  }
  const found = matches.findLastIndex((match) => match < line)
  return found < 0 ? matches.length - 1 : found
}

/** A text in pieces, those that match apart from the others. */
export function highlighted(text: string, pattern: RegExp | null): readonly { text: string; isMatch: boolean }[] {
  if (pattern === null) return [{ text, isMatch: false }]
  const parts: { text: string; isMatch: boolean }[] = []
  let at = 0
  for (const match of text.matchAll(pattern)) {
    if (match[0] === '') continue
    if (match.index > at) parts.push({ text: text.slice(at, match.index), isMatch: false })
    parts.push({ text: match[0], isMatch: true })
    at = match.index + match[0].length
  }
  if (at < text.length) parts.push({ text: text.slice(at), isMatch: false })
  return parts
}
