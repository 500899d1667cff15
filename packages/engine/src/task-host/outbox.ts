import { writeSync } from 'node:fs'
import type { LogEntry } from '@millrace/workflow'
import { encodeFrame, frameLimitBytes } from './frames.ts'
import { outboxDescriptor, type TaskMessage } from './messages.ts'

/**
 * Sends a message to the worker and returns when it is in the pipe. Blocking on purpose: messages keep their order and are
 * not lost when the task ends the process, and a task that prints for ever waits for the worker instead of filling memory.
 */
export function send(message: TaskMessage): void {
  const frame = encodeMessage(message)
  for (let at = 0; at < frame.length; ) {
    try {
      at += writeSync(outboxDescriptor, frame, at)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') continue
      // The worker is gone; nobody is interested in what this process does any more.
      process.exit(1)
    }
  }
}

function encodeMessage(message: TaskMessage): Buffer {
  if (message.kind !== 'ended') return encodeFrame(message.kind === 'log' ? withJsonFields(message) : message)
  const frame = encodeFrame(message)
  if (frame.length <= frameLimitBytes) return frame
  const text = `The task returned ${frame.length} bytes; an output is at most ${frameLimitBytes}. Write it to a file or a table and return its name.`
  const outcome = { kind: 'failure', failure: { reason: 'error', code: 'OUTPUT_TOO_LARGE', message: text } } as const
  return encodeFrame({ ...message, outcome })
}

/** Fields may be anything that a task had at hand; a log must not fail by that. */
function withJsonFields(message: { readonly kind: 'log'; readonly entry: LogEntry }): TaskMessage {
  const { fields, ...entry } = message.entry
  if (fields === undefined) return message
  try {
    JSON.stringify(fields)
    return message
  } catch {
    const shown = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]))
    return { kind: 'log', entry: { ...entry, fields: shown } }
  }
}
