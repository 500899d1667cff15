import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import {
  asTableConnector,
  type Connector,
  parseTableName,
  runStream,
  type StreamConnector,
  type StreamSpec,
} from '@millrace/connectors'
import { ConfigError } from '@millrace/core'
import { createTinybirdClient } from '@millrace/tinybird'
import { readConnections } from '../config-file/config-file.ts'
import { type Context, exitCodes } from '../context.ts'
import { type ResolvedConnector, resolveConnector } from '../endpoint.ts'
import { describeFailure } from '../failure.ts'
import { createStreamView } from '../output/stream-view.ts'

export interface StreamRequest {
  readonly from: string
  readonly to: string
  readonly into: string
  readonly stream?: string
  readonly group?: string
  readonly start: 'earliest' | 'latest'
  readonly flushRows: number
  readonly flushBytes: number
  /** Seconds. */
  readonly flushInterval: number
  readonly payload: 'json' | 'text'
  readonly metadata?: boolean
  readonly contract: 'evolve' | 'freeze' | 'discard'
  readonly deadLetter?: string
  readonly maxDeadLetters?: number
  /** Seconds. */
  readonly retryFor: number
  readonly drain?: boolean
  readonly json?: boolean
}

/** Runs until it is asked to stop, and then ends with 0: all that was read is written and committed. */
export async function stream(request: StreamRequest, context: Context): Promise<number> {
  // A batch is short-lived, but not short-lived enough: V8 would let the space for young objects grow to 128 MB.
  setFlagsFromString('--semi-space-growth-factor=1')
  const lookup = { connections: () => readConnections(), secrets: context.secrets }
  const { mask } = context.secrets
  const print = (event: object) => context.out(`${mask(JSON.stringify(event))}\n`)
  const view = request.json ? null : createStreamView({ stream: process.stderr, mask })
  using _ = view
  try {
    const source = await resolveConnector(request.from, 'stream', lookup)
    const destination = await resolveConnector(request.to, 'destination', lookup)
    await using from = source.create() as StreamConnector
    await using to = openTarget(destination, request.into)
    await runStream(specOf(request, from, to.target, context), {
      signal: context.signal,
      stateDirectory: context.settings.home,
      onEvent: request.json ? print : (event) => view?.onEvent(event),
    })
    return exitCodes.done
  } catch (error) {
    if (!request.json) throw error
    const { code, message, exitCode, details = {} } = describeFailure(error, context.signal)
    print({ type: 'failed', error: { code, message, details }, exitCode })
    return exitCode
  } finally {
    view?.[Symbol.dispose]()
  }
}

function specOf(
  request: StreamRequest,
  connector: StreamConnector,
  target: StreamSpec['to'],
  { settings }: Context,
): StreamSpec {
  const name = request.stream ?? connector.stream
  if (name === null) {
    throw new ConfigError('STREAM_REQUIRED', {
      message: `The address of ${connector.label} names no stream. Name one with --stream, or in the address.`,
    })
  }
  const { group, start, payload, contract, drain = false, metadata = false, maxDeadLetters } = request
  return {
    from: { connector, stream: name, position: start, ...(group === undefined ? {} : { group }) },
    to: target,
    flush: { rows: request.flushRows, bytes: request.flushBytes, ms: request.flushInterval * 1000 },
    deadLetter: request.deadLetter ?? join(settings.home, 'dead-letters', `${fileName(request.into)}.ndjson`),
    retryForMs: request.retryFor * 1000,
    ...{ payload, contract, drain, metadata },
    ...(maxDeadLetters === undefined ? {} : { maxDeadLetters }),
  }
}

/** Tinybird takes events as they are; a table takes rows of its own types. */
function openTarget(
  { definition, config, create }: ResolvedConnector,
  into: string,
): AsyncDisposable & { readonly target: StreamSpec['to'] } {
  if (definition.name === 'tinybird') {
    const { token, endpoint, tag } = config
    const client = createTinybirdClient({
      token: String(token),
      ...(endpoint === undefined ? {} : { endpoint: String(endpoint) }),
      ...(tag === undefined ? {} : { tag: String(tag) }),
    })
    return { target: { kind: 'tinybird', client, dataSource: into }, async [Symbol.asyncDispose]() {} }
  }
  if (definition.kind !== 'sql') {
    throw new ConfigError('NOT_SUPPORTED', {
      message: `${definition.title} cannot take a stream, only databases and Tinybird can. Write to a database, such as duckdb:events.duckdb, and copy from there.`,
    })
  }
  const connector: Connector = create()
  return {
    target: { kind: 'table', connector: asTableConnector(connector), table: parseTableName(into) },
    [Symbol.asyncDispose]: () => connector[Symbol.asyncDispose](),
  }
}

function fileName(name: string): string {
  return name.replaceAll(/[^\w.-]/g, '_')
}
