import type { LogEntry } from '@millrace/workflow'

/** Kept of the end of a log that went beyond its limit: where a failure says what it is. */
const logTailBytes = 64 * 1024

export interface LogGate {
  push(entry: LogEntry): void
  /** Gives the end of a log that was cut. Says how many bytes are missing before it; 0 when nothing is. */
  end(): number
}

/**
 * Lets the beginning of a log through, up to a limit, holds its end back until the attempt ends, and drops what is
 * between. Its memory is bounded by the tail, however much is written.
 */
export function logGate({
  limitBytes,
  pass,
  onDropped,
  onEnd,
}: {
  readonly limitBytes: number
  readonly pass: (entry: LogEntry) => void
  /** Told at most twice a second how many bytes are missing so far, also in the middle of a task that never yields. */
  readonly onDropped?: (bytes: number) => void
  /** Told before the tail is passed on. */
  readonly onEnd: (droppedBytes: number) => void
}): LogGate {
  let passed = 0
  let full = false
  let dropped = 0
  let toldAt = 0
  let tail: { readonly entry: LogEntry; readonly bytes: number }[] = []
  let tailBytes = 0

  return {
    push(entry) {
      const bytes = entryBytes(entry)
      if (!full && passed + bytes <= limitBytes) {
        passed += bytes
        pass(entry)
        return
      }
      full = true
      tail.push({ entry, bytes })
      tailBytes += bytes
      while (tailBytes > logTailBytes) {
        const first = tail.shift()
        if (first === undefined) break
        tailBytes -= first.bytes
        dropped += first.bytes
      }
      if (onDropped === undefined || dropped === 0) return
      const now = performance.now()
      if (now - toldAt < 500) return
      toldAt = now
      onDropped(dropped)
    },
    end() {
      if (dropped > 0) onEnd(dropped)
      for (const { entry } of tail) pass(entry)
      tail = []
      tailBytes = 0
      const total = dropped
      dropped = 0
      return total
    },
  }
}

/** About what the entry takes as a line of JSON. */
function entryBytes({ text, fields }: LogEntry): number {
  return text.length + 64 + (fields === undefined ? 0 : JSON.stringify(fields).length)
}

/** The line that stands for what is missing. */
export function droppedEntry(bytes: number, limitBytes: number): LogEntry {
  return {
    at: Date.now(),
    level: 'warn',
    source: 'engine',
    text: `… ${formatBytes(bytes)} not kept: the log of an attempt is limited to ${formatBytes(limitBytes)}. Its end follows, where it is known.`,
  }
}

/** Such as `1.2 GB`. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${units[unit]}`
}
