import type { Connection, ConnectionOptions, RowStatement } from 'snowflake-sdk'
import type { ConfigValues } from '../kit/config-schema.ts'
import { importDriver } from '../kit/import-driver.ts'
import { secretsOf } from '../kit/redact.ts'
import { configSchema, labelOf } from './config.ts'
import { snowflakeError } from './errors.ts'
import type { RawColumn } from './types.ts'

/** A statement that ran, or was only described. */
export interface Result {
  readonly columns: readonly RawColumn[]
  readonly rowCount: number
  readonly changed: number
  /** Reads the rows, from the start each time. Values are text, or null. */
  rows(signal?: AbortSignal): AsyncIterable<readonly (string | null)[]>
}

export interface Session {
  run(sql: string, signal?: AbortSignal): Promise<Result>
  describe(sql: string, signal?: AbortSignal): Promise<Result>
  /** All rows of a small result. */
  all(sql: string, signal?: AbortSignal): Promise<(string | null)[][]>
  close(): Promise<void>
}

interface Driver {
  readonly default: {
    createConnection(options: ConnectionOptions): Connection
    configure(options: object): void
  }
}

const loginTimeoutSeconds = 10

// What changes how a value prints; the rest is cast by the statements themselves.
const pinned = {
  TIMEZONE: 'UTC',
  BINARY_OUTPUT_FORMAT: 'HEX',
  TIMESTAMP_NTZ_OUTPUT_FORMAT: 'YYYY-MM-DD HH24:MI:SS.FF3',
  TIMESTAMP_LTZ_OUTPUT_FORMAT: 'YYYY-MM-DD HH24:MI:SS.FF3TZHTZM',
  TIMESTAMP_TZ_OUTPUT_FORMAT: 'YYYY-MM-DD HH24:MI:SS.FF3TZHTZM',
}

/** @param tag QUERY_TAG of everything the session does: `tinybird_query` or `tinybird_unload` */
export async function openSession(config: ConfigValues, tag: string, signal?: AbortSignal): Promise<Session> {
  signal?.throwIfAborted()
  const { default: driver } = await importDriver<Driver>('snowflake-sdk')
  const label = labelOf(config)
  const secrets = secretsOf(configSchema, config)
  const failure = (error: unknown) => snowflakeError(error, label, secrets)
  // Else the driver writes a log file into the working directory.
  driver.configure({ logLevel: 'OFF', additionalLogToConsole: false })
  const text = (name: string) => (config[name] ? { [name]: String(config[name]) } : {})
  const connection = driver.createConnection({
    account: String(config.account),
    username: String(config.user),
    ...text('password'),
    ...(config.private_key ? { privateKey: String(config.private_key), authenticator: 'SNOWFLAKE_JWT' } : {}),
    ...text('role'),
    ...text('warehouse'),
    ...text('database'),
    ...text('schema'),
    ...(config.endpoint ? { accessUrl: String(config.endpoint) } : {}),
    application: 'millrace',
    representNullAsStringNull: false,
    sfRetryMaxLoginRetries: 2,
    retryTimeout: 300,
    loginTimeout: loginTimeoutSeconds,
  } as ConnectionOptions)

  await new Promise<void>((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`the login timed out after ${loginTimeoutSeconds} s`)),
      loginTimeoutSeconds * 1000,
    )
    const stop = () => reject(signal?.reason)
    signal?.addEventListener('abort', stop, { once: true })
    connection.connect((error) => {
      clearTimeout(late)
      signal?.removeEventListener('abort', stop)
      if (error) reject(error)
      else resolve()
    })
  }).catch((error: unknown) => {
    signal?.throwIfAborted()
    throw failure(error)
  })

  const execute = (sqlText: string, describeOnly: boolean, signal?: AbortSignal): Promise<Result> => {
    signal?.throwIfAborted()
    return new Promise((resolve, reject) => {
      const stop = () => {
        statement.cancel(() => reject(signal?.reason))
      }
      const statement = connection.execute({
        sqlText,
        describeOnly,
        streamResult: true,
        rowMode: 'array',
        fetchAsString: ['Boolean', 'Number', 'Date', 'Buffer', 'JSON'],
        complete(error: unknown, done: RowStatement) {
          signal?.removeEventListener('abort', stop)
          if (signal?.aborted) reject(signal.reason)
          else if (error) reject(failure(error))
          else resolve(resultOf(done))
        },
      } as never) as RowStatement
      signal?.addEventListener('abort', stop, { once: true })
    })
  }

  function resultOf(statement: RowStatement): Result {
    return {
      columns: (statement.getColumns() ?? []).map((column) => ({
        name: column.getName(),
        type: column.getType(),
        precision: column.getPrecision(),
        scale: column.getScale(),
        nullable: column.isNullable(),
      })),
      rowCount: statement.getNumRows() ?? 0,
      changed: statement.getNumUpdatedRows() ?? 0,
      async *rows(stop) {
        stop?.throwIfAborted()
        const stream = statement.streamRows()
        const cut = () => stream.destroy(stop?.reason)
        stop?.addEventListener('abort', cut, { once: true })
        try {
          for await (const row of stream) yield (row as unknown[]).map(cellOf)
        } catch (error) {
          stop?.throwIfAborted()
          throw failure(error)
        } finally {
          stop?.removeEventListener('abort', cut)
          stream.destroy()
        }
      },
    }
  }

  const session: Session = {
    run: (sql, stop) => execute(sql, false, stop),
    describe: (sql, stop) => execute(sql, true, stop),
    async all(sql, stop) {
      const found: (string | null)[][] = []
      for await (const row of (await execute(sql, false, stop)).rows(stop)) found.push([...row])
      return found
    },
    close: () => new Promise((resolve) => connection.destroy(() => resolve())),
  }
  try {
    const settings = Object.entries({ ...pinned, QUERY_TAG: tag }).map(([name, value]) => `${name} = '${value}'`)
    await session.run(`ALTER SESSION SET ${settings.join(' ')}`, signal)
    return session
  } catch (error) {
    await session.close()
    throw error
  }
}

function cellOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value)
}
