import type { LogEntry, Outcome, Progress, TaskFailure } from '@millrace/workflow'
import { askableMethods, type EndedMessage, type TaskMessage } from './messages.ts'

type Raw = Readonly<Record<string, unknown>>

const levels = ['debug', 'info', 'warn', 'error'] as const
const sources = ['log', 'stdout', 'stderr', 'engine'] as const
const reasons = ['error', 'timeout', 'exit', 'memory', 'load', 'lost', 'cancelled'] as const
const recoveries = ['config', 'transient', 'fatal', 'data'] as const

/**
 * Takes a message of the process of a task for what it is: written by code that may do anything. What is passed on has
 * the promised form, so that a task can harm itself only.
 *
 * @throws Error when it has not
 */
export function readTaskMessage(raw: Raw): TaskMessage {
  switch (raw.kind) {
    case 'ready':
    case 'begun':
      return { kind: raw.kind }
    case 'log':
      return { kind: 'log', entry: logEntry(record(raw.entry)) }
    case 'dropped':
      return { kind: 'dropped', bytes: number(raw.bytes) }
    case 'heartbeat':
      return { kind: 'heartbeat', ...(raw.progress === undefined ? {} : { progress: progress(record(raw.progress)) }) }
    case 'ask':
      return { kind: 'ask', id: number(raw.id), method: oneOf(askableMethods, raw.method), args: list(raw.args) }
    case 'ended':
      return ended(raw)
    default:
      throw new Error('There is no such message.')
  }
}

function ended(raw: Raw): EndedMessage {
  return {
    kind: 'ended',
    outcome: outcome(record(raw.outcome)),
    stopped: raw.stopped === true,
    leftBehind: raw.leftBehind === null ? null : text(raw.leftBehind, 1000),
    spawned: raw.spawned === true,
    cpuMs: number(raw.cpuMs),
    memoryBytes: number(raw.memoryBytes),
  }
}

function outcome(raw: Raw): Outcome {
  switch (raw.kind) {
    case 'success': {
      const choice = raw.choice === undefined ? {} : { choice: list(raw.choice).map((id) => text(id, 1000)) }
      return { kind: 'success', output: (raw.output ?? null) as never, ...choice }
    }
    case 'failure':
      return { kind: 'failure', failure: failure(record(raw.failure)) }
    case 'skip':
      return { kind: 'skip', reason: text(raw.reason, 4000) }
    case 'defer': {
      const state = raw.state === undefined ? {} : { state: raw.state as never }
      return { kind: 'defer', seconds: number(raw.seconds), reason: text(raw.reason, 4000), ...state }
    }
    default:
      throw new Error('There is no such outcome.')
  }
}

function failure(raw: Raw): TaskFailure {
  return {
    reason: oneOf(reasons, raw.reason),
    code: text(raw.code, 200),
    message: text(raw.message, 4000),
    ...(raw.stack === undefined ? {} : { stack: text(raw.stack, 16_000) }),
    ...(raw.recovery === undefined ? {} : { recovery: oneOf(recoveries, raw.recovery) }),
  }
}

function logEntry(raw: Raw): LogEntry {
  return {
    at: number(raw.at),
    level: oneOf(levels, raw.level),
    source: oneOf(sources, raw.source),
    text: text(raw.text),
    ...(raw.fields === undefined ? {} : { fields: record(raw.fields) }),
  }
}

function progress(raw: Raw): Progress {
  return {
    done: number(raw.done),
    ...(raw.total === undefined ? {} : { total: number(raw.total) }),
    ...(raw.unit === undefined ? {} : { unit: text(raw.unit, 100) }),
    ...(raw.bytes === undefined ? {} : { bytes: number(raw.bytes) }),
  }
}

function record(value: unknown): Raw {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Raw
  throw new Error('A message lacks a part.')
}

function list(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw new Error('A message lacks a list.')
}

function number(value: unknown): number {
  if (typeof value === 'number') return value
  throw new Error('A message lacks a number.')
}

function text(value: unknown, longest = Number.POSITIVE_INFINITY): string {
  if (typeof value === 'string') return value.length > longest ? value.slice(0, longest) : value
  throw new Error('A message lacks a text.')
}

function oneOf<const T extends string>(known: readonly T[], value: unknown): T {
  const found = known.find((one) => one === value)
  if (found !== undefined) return found
  throw new Error('A message has a word that is not known.')
}
