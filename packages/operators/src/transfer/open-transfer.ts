import type { TableConnector, TransferSpec, WriteMode } from '@millrace/connectors'
import { ConfigError } from '@millrace/core'
import type { TaskContext } from '@millrace/workflow'
import { joinPath, openConnection } from '../kit/open-connection.ts'
import type { TransferConfig, TransferMode } from './config.ts'
import { fileLayout } from './file-layout.ts'

export interface OpenTransfer extends AsyncDisposable {
  readonly spec: TransferSpec
}

const spelled: Readonly<Record<string, WriteMode>> = { OVERWRITE: 'replace', APPEND: 'append', MERGE: 'merge' }

/**
 * The transfer that a configuration stands for, with the connectors of both ends; nothing is connected to yet. Take it with
 * `await using`, which closes them.
 *
 * @throws ConfigError as `openConnection`; `PATH_REQUIRED`, `OPTION_WITHOUT_EFFECT`, and as `fileLayout`
 */
export async function openTransfer(
  config: TransferConfig,
  context: Pick<TaskContext, 'connections'>,
): Promise<OpenTransfer> {
  const { from, to } = config
  const reading = {
    ...(from.format === undefined ? {} : { format: from.format }),
    ...(from.header === undefined ? {} : { header: from.header }),
  }
  await using opened = new AsyncDisposableStack()
  const source = opened.use(
    await openConnection(context, from.connection, 'table', {
      ...(from.path === undefined ? {} : { path: from.path }),
      values: reading,
    }),
  )
  const sink = opened.use(await openConnection(context, to.connection, 'table'))
  const spec: TransferSpec = {
    ...optionsOf(config),
    from: {
      connector: source,
      address: from.connection,
      ...(from.query === undefined ? {} : { query: from.query }),
      ...(from.table === undefined ? {} : { tables: [from.table] }),
      ...(from.tables === undefined ? {} : { tables: from.tables }),
    },
    to: { connector: sink, address: to.connection, ...destinationOf(config, sink) },
  }
  const ends = opened.move()
  return { spec, [Symbol.asyncDispose]: async () => await ends.disposeAsync() }
}

function destinationOf({ to }: TransferConfig, sink: TableConnector): Pick<TransferSpec['to'], 'into' | 'file'> {
  if (sink.definition.kind === 'object-store') {
    const path = joinPath((sink as { path?: string }).path, to.path ?? '')
    if (path === '') {
      throw new ConfigError('PATH_REQUIRED', {
        message: `The connection "${to.connection}" writes files. Say which file or folder with "path" at "/to".`,
      })
    }
    return { into: path, file: fileLayout(path, to) }
  }
  if (to.path !== undefined) {
    throw new ConfigError('OPTION_WITHOUT_EFFECT', {
      message: `"/to/path" is about files, and the connection "${to.connection}" is ${sink.definition.title}. Name a "table" instead.`,
    })
  }
  return to.table === undefined ? {} : { into: to.table }
}

function optionsOf({ mode, key, ...config }: TransferConfig): Omit<TransferSpec, 'from' | 'to'> {
  const { from, to, ...options } = config
  return {
    ...options,
    ...(mode === undefined ? {} : { mode: modeOf(mode) }),
    ...(key === undefined ? {} : { keys: typeof key === 'string' ? [key] : key }),
  }
}

function modeOf(mode: TransferMode): WriteMode {
  return spelled[mode] ?? (mode as WriteMode)
}
