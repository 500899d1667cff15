import type { LogEntry } from '@millrace/workflow'
import { droppedEntry, logGate } from '../task-host/log-gate.ts'

export interface AttemptLog {
  push(entry: LogEntry): void
  /** When all of it is with the server, or has been given up. Gives the bytes that were given up. */
  finish(): Promise<number>
  /** Gives up what is not sent: the attempt is somebody else's. */
  drop(): void
}

export interface AttemptLogOptions {
  /** Sends whole lines; `offset` is what was sent before. What fails is sent again. */
  readonly append: (offset: number, lines: Uint8Array) => Promise<void>
  readonly mask: (entry: LogEntry) => LogEntry
  readonly limitBytes: number
  /** Asked after each failure of `append` whether to try once more. */
  readonly tryAgain: (error: unknown, failingSinceMs: number) => boolean
}

/** What was said waits at most so long for more. */
const batchMs = 200
const batchBytes = 64 * 1024
const largestSendBytes = 1024 * 1024
const longestTextChars = 32 * 1024
const retryMs = { first: 200, last: 5000 }

/** Sends the log of one attempt in batches, in order, each line once, and bounded. */
export function attemptLog({ append, mask, limitBytes, tryAgain }: AttemptLogOptions): AttemptLog {
  let waiting: Buffer[] = []
  let waitingBytes = 0
  let sent = 0
  let timer: NodeJS.Timeout | undefined
  let sending: Promise<void> | undefined
  let dropped = false

  const gate = logGate({
    limitBytes,
    pass: (entry) => {
      write(entry)
      if (waitingBytes >= batchBytes) send()
      else timer ??= setTimeout(send, batchMs)
    },
    onEnd: (bytes) => write(droppedEntry(bytes, limitBytes)),
  })
  const write = (entry: LogEntry) => {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`)
    waiting.push(line)
    waitingBytes += line.length
  }
  const send = () => {
    clearTimeout(timer)
    timer = undefined
    sending ??= sendAll().finally(() => {
      sending = undefined
    })
  }
  const sendAll = async () => {
    while (waiting.length > 0 && !dropped) {
      const batch = takeLines(waiting)
      if (!(await sendBatch(batch))) return giveUp()
      waiting = waiting.slice(batch.count)
      waitingBytes -= batch.bytes.length
      sent += batch.bytes.length
    }
  }
  const sendBatch = async ({ bytes }: { readonly bytes: Buffer }): Promise<boolean> => {
    const startedAt = performance.now()
    for (let pauseMs = retryMs.first; ; pauseMs = Math.min(pauseMs * 2, retryMs.last)) {
      try {
        await append(sent, bytes)
        return true
      } catch (error) {
        if (dropped || !tryAgain(error, performance.now() - startedAt)) return false
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
        if (dropped) return false
      }
    }
  }
  const giveUp = () => {
    dropped = true
    clearTimeout(timer)
  }

  return {
    push(entry) {
      if (dropped) return
      // Before it is cut: the first half of a secret would not be known for one.
      const masked = mask(entry)
      const { text } = masked
      gate.push(text.length > longestTextChars ? { ...masked, text: `${text.slice(0, longestTextChars)} …` } : masked)
    },
    async finish() {
      gate.end()
      while (!dropped && (waiting.length > 0 || sending !== undefined)) {
        send()
        await sending
      }
      return waitingBytes
    },
    drop: giveUp,
  }
}

/** The first lines up to the largest size, and at least one. */
function takeLines(lines: readonly Buffer[]): { readonly bytes: Buffer; readonly count: number } {
  let count = 0
  let size = 0
  for (const line of lines) {
    if (count > 0 && size + line.length > largestSendBytes) break
    count += 1
    size += line.length
  }
  return { bytes: Buffer.concat(lines.slice(0, count)), count }
}
