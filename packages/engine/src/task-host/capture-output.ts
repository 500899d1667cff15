import type { LogEntry } from '@millrace/workflow'
import { type LineSplitter, lineSplitter } from './line-splitter.ts'

/**
 * Turns what is printed by `console` and `process.stdout` into log entries, in one order with the entries of the logger.
 * What native code and other processes write to the descriptors goes past this; the worker reads it from there.
 */
export function captureOutput(push: (entry: LogEntry) => void): { flush(): void } {
  const stdout = captureStream(process.stdout, 'stdout', push)
  const stderr = captureStream(process.stderr, 'stderr', push)
  return {
    flush() {
      stdout.flush()
      stderr.flush()
    },
  }
}

function captureStream(
  stream: NodeJS.WriteStream,
  source: 'stdout' | 'stderr',
  push: (entry: LogEntry) => void,
): LineSplitter {
  const level = source === 'stdout' ? 'info' : 'error'
  const splitter = lineSplitter((text) => push({ at: Date.now(), level, source, text }))
  stream.write = (
    chunk: string | Uint8Array,
    encoding?: BufferEncoding | ((error?: Error | null) => void),
    callback?: (error?: Error | null) => void,
  ) => {
    const text = typeof chunk === 'string' && typeof encoding === 'string' && encoding !== 'utf8'
    splitter.push(text ? Buffer.from(chunk, encoding) : chunk)
    const done = typeof encoding === 'function' ? encoding : callback
    if (done) process.nextTick(done)
    return true
  }
  return splitter
}
