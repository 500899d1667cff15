import { join } from 'node:path'
import {
  asTableConnector,
  parseTableName,
  runStream,
  type SchemaContract,
  type StreamEvent,
  type StreamTotals,
} from '@millrace/connectors'
import { ConfigError, platformSettings, readSettings } from '@millrace/core'
import type { Json, TaskContext } from '@millrace/workflow'
import { DefinedOperator, type OperatorDefinition } from '../kit/definition.ts'
import { openConnection } from '../kit/open-connection.ts'

export type StreamConfig = {
  readonly from: {
    readonly connection: string
    readonly stream?: string
    readonly group?: string
    readonly position?: 'earliest' | 'latest'
  }
  readonly to: { readonly connection: string; readonly table: string }
  readonly maxMessages?: number
  readonly maxSeconds?: number
  readonly batchRows?: number
  readonly payload?: 'json' | 'text'
  readonly metadata?: boolean
  readonly contract?: SchemaContract
  readonly maxDeadLetters?: number
}

const name = { type: 'string', minLength: 1 }

const streamConfigSchema = {
  type: 'object',
  properties: {
    from: {
      type: 'object',
      title: 'From',
      properties: {
        connection: { ...name, title: 'Connection', description: 'A broker of messages.', 'x-connection': true },
        stream: { ...name, title: 'Stream', description: 'Topic, queue or stream. Default: that of the connection.' },
        group: {
          ...name,
          title: 'Group',
          description: 'Whose position is kept at the broker. Default: the workflow and the task.',
        },
        position: {
          enum: ['earliest', 'latest'],
          default: 'earliest',
          title: 'Begin at',
          description: 'Where a new group begins.',
        },
      },
      required: ['connection'],
      additionalProperties: false,
    },
    to: {
      type: 'object',
      title: 'To',
      properties: {
        connection: { ...name, title: 'Connection', description: 'A database.', 'x-connection': true },
        table: { ...name, title: 'Table' },
      },
      required: ['connection', 'table'],
      additionalProperties: false,
    },
    maxMessages: {
      type: 'integer',
      minimum: 1,
      title: 'Most messages',
      description: 'Ends after the batch that reaches so many. Default: no limit.',
    },
    maxSeconds: {
      type: 'number',
      minimum: 1,
      default: 3600,
      title: 'Time limit',
      description: 'Seconds, after which the task ends in order.',
    },
    batchRows: { type: 'integer', minimum: 1, maximum: 1_000_000, default: 10_000, title: 'Messages in a batch' },
    payload: {
      enum: ['json', 'text'],
      default: 'json',
      title: 'Payload',
      description: 'Each message is one JSON object, or a text.',
    },
    metadata: {
      type: 'boolean',
      default: false,
      title: 'With key, position and time',
      description: 'Adds `_key`, `_position` and `_time` of the message.',
    },
    contract: {
      enum: ['evolve', 'freeze', 'discard'],
      default: 'evolve',
      title: 'New keys',
      description: 'Keys without a column: add one, refuse the message, or drop them.',
    },
    maxDeadLetters: {
      type: 'integer',
      minimum: 0,
      title: 'Most dead letters',
      description: 'Fails when more messages cannot be written. Default: no limit.',
    },
  },
  required: ['from', 'to'],
  additionalProperties: false,
}

export const streamDefinition: OperatorDefinition = {
  name: 'stream',
  title: 'Stream',
  description:
    'Moves the messages that a broker holds into a table, until none is left or a limit is reached. What was not committed comes again in the next attempt.',
  configSchema: streamConfigSchema,
  output: '`{ messages, rows, bytes, deadLetters, flushes, ended }`; `ended` is `drained`, `messages` or `time`',
  example: { from: { connection: 'broker', stream: 'orders' }, to: { connection: 'warehouse', table: 'raw.orders' } },
}

export class StreamOperator extends DefinedOperator<StreamConfig> {
  constructor(config: StreamConfig) {
    super(streamDefinition, config)
  }

  protected async execute(config: StreamConfig, context: TaskContext): Promise<Json> {
    const { from, to, maxMessages = Number.POSITIVE_INFINITY, maxSeconds = 3600, batchRows = 10_000 } = config
    const { run, task, signal } = context
    await using broker = await openConnection(context, from.connection, 'stream')
    await using database = await openConnection(context, to.connection, 'sql')
    const stream = from.stream ?? broker.stream
    if (stream === null) {
      throw new ConfigError('STREAM_REQUIRED', {
        message: `The connection "${from.connection}" names no stream. Name one with "stream" at "/from".`,
      })
    }
    const home = readSettings({ home: platformSettings.home }).home
    const enough = new AbortController()
    const timer = setTimeout(() => enough.abort('time'), maxSeconds * 1000)
    try {
      const totals = await runStream(
        {
          from: {
            connector: broker,
            stream,
            group: from.group ?? broker.group ?? `millrace-${run.workflow}-${task.id}`,
            ...(from.position === undefined ? {} : { position: from.position }),
          },
          to: { kind: 'table', connector: asTableConnector(database), table: parseTableName(to.table) },
          flush: { rows: Math.min(batchRows, maxMessages) },
          deadLetter: join(home, 'dead-letters', `${run.workflow}.${task.id}.ndjson`.replaceAll(/[^\w.-]/g, '_')),
          drain: true,
          ...optionsOf(config),
        },
        {
          signal: enough.signal,
          abortSignal: signal,
          stateDirectory: home,
          onEvent(event) {
            tell(event, context)
            if (event.type === 'flushed' && event.totals.messages >= maxMessages) enough.abort('messages')
          },
        },
      )
      signal.throwIfAborted()
      const ended = enough.signal.aborted ? String(enough.signal.reason) : 'drained'
      return { ...plain(totals), ended }
    } finally {
      clearTimeout(timer)
    }
  }
}

function optionsOf({ payload, metadata, contract, maxDeadLetters }: StreamConfig) {
  return {
    ...(payload === undefined ? {} : { payload }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(contract === undefined ? {} : { contract }),
    ...(maxDeadLetters === undefined ? {} : { maxDeadLetters }),
  }
}

function plain({ messages, rows, bytes, deadLetters, flushes }: StreamTotals) {
  return { messages, rows, bytes, deadLetters, flushes }
}

function tell(event: StreamEvent, { log, heartbeat }: TaskContext): void {
  switch (event.type) {
    case 'started':
      log.info(`From ${event.from} to ${event.to}, as the group ${event.group}.`)
      break
    case 'flushed':
      heartbeat({ done: event.totals.messages, unit: 'messages' })
      log.info(`${event.rows} rows in ${event.durationMs} ms, ${event.totals.messages} messages so far.`)
      break
    case 'dead-letter':
      log.warn(`The message ${event.position} cannot be written: ${event.message}`, { code: event.code })
      break
    case 'columns-added':
      log.info(`New columns: ${event.columns.map((column) => `${column.name} ${column.type}`).join(', ')}.`)
      break
    case 'columns-widened':
      log.info(`Wider columns: ${event.columns.map((column) => `${column.name} ${column.to}`).join(', ')}.`)
      break
    case 'retry':
      log.warn(`Tried again in ${event.delayMs} ms: ${event.error.message}`, { code: event.error.code })
      break
    case 'stopped':
      break
  }
}
