import type { Readable } from 'node:stream'
import type { LogEntry } from '@millrace/workflow'
import { lineSplitter } from '../../task-host/line-splitter.ts'

/** Beyond the limit a stream is read on, so that its writer does not hang, but only so fast. */
const discardWindowMs = 20
const discardWindowBytes = 1024 * 1024

/** Kept of what was written last, to recognise why a process ended. */
const lastWordsBytes = 16 * 1024

export interface RawOutput {
  /** What comes from now on belongs to this attempt. */
  begin(limitBytes: number, push: (entry: LogEntry) => void): void
  /** Gives what has no line break yet; says how many bytes were not kept. */
  end(): { readonly droppedBytes: number }
  /** Bytes so far, kept or not. */
  readonly bytes: number
  lastWords(): string
  /** Reads at full speed what is left: nobody writes any more. */
  hurry(): void
}

/** What is written to a descriptor of the process of a task, past `console`: by native code and by other programs. */
export function rawOutput(stream: Readable, source: 'stdout' | 'stderr'): RawOutput {
  let push: ((entry: LogEntry) => void) | undefined
  let limit = 0
  let bytes = 0
  let kept = 0
  let dropped = 0
  let last = Buffer.alloc(0)
  let window = 0
  let paused: NodeJS.Timeout | undefined
  let hurried = false
  const level = source === 'stdout' ? 'info' : 'error'
  const splitter = lineSplitter((text) => push?.({ at: Date.now(), level, source, text }))

  const discard = (size: number) => {
    dropped += size
    window += size
    if (window < discardWindowBytes || hurried) return
    stream.pause()
    paused = setTimeout(() => {
      window = 0
      stream.resume()
    }, discardWindowMs)
  }
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    last = Buffer.concat([last, chunk.subarray(-lastWordsBytes)]).subarray(-lastWordsBytes)
    if (push === undefined || kept + chunk.length > limit) {
      discard(chunk.length)
      return
    }
    kept += chunk.length
    splitter.push(chunk)
  })
  stream.on('error', () => {})

  return {
    begin(limitBytes, to) {
      limit = limitBytes
      push = to
      kept = 0
      dropped = 0
    },
    end() {
      splitter.flush()
      push = undefined
      return { droppedBytes: dropped }
    },
    get bytes() {
      return bytes
    },
    lastWords: () => last.toString('utf8'),
    hurry() {
      hurried = true
      clearTimeout(paused)
      stream.resume()
    },
  }
}
