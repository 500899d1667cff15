import type { ConfigValues } from '../kit/config-schema.ts'
import { cancelRequest } from './cancel.ts'
import { labelOf } from './config.ts'
import { connectClient, type PgClient } from './connect.ts'
import { postgresError } from './errors.ts'
import { pinWithoutTimeout } from './pin.ts'

/** One authenticated, pinned connection. All values arrive as the server's text. */
export interface Session {
  readonly label: string
  /** As in `server_version_num`: 150018. */
  readonly serverVersion: number
  readonly serverEncoding: string
  readonly client: PgClient
  /** One statement when `values` are given, else one or more. */
  query(sql: string, values?: readonly unknown[], signal?: AbortSignal): Promise<TextResult>
  /** Asks the server to stop what this session is doing. */
  cancel(): Promise<void>
  close(): Promise<void>
}

export interface TextResult {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number; readonly dataTypeModifier: number }[]
  readonly rows: readonly (string | null)[][]
  readonly command: string
  readonly rowCount: number
}

const closeTimeoutMs = 2_000

// Everything that changes how a value prints, then everything that could end a long read. A plain
// SET wins over the defaults of role and database.
export const pinned = `
  set timezone = 'UTC';
  set datestyle = 'ISO, YMD';
  set intervalstyle = 'iso_8601';
  set extra_float_digits = 1;
  set bytea_output = 'hex';
  set lc_monetary = 'C';
  set client_encoding = 'UTF8';
  set standard_conforming_strings = on;
  set statement_timeout = 0;
  set lock_timeout = 0;
  set idle_in_transaction_session_timeout = 0;
  select set_config('transaction_timeout', '0', false) where current_setting('transaction_timeout', true) is not null;
  select set_config('idle_session_timeout', '0', false) where current_setting('idle_session_timeout', true) is not null;
  select current_setting('server_version_num'), current_setting('server_encoding')`

/** Connects, authenticates and pins the session. */
export async function openSession(config: ConfigValues, signal?: AbortSignal): Promise<Session> {
  signal?.throwIfAborted()
  const label = labelOf(config)
  const client = await connectClient(config, label, signal)
  // An idle connection that breaks reports it here; the next query then rejects with it.
  client.on('error', () => {})
  const query = async (sql: string, values?: readonly unknown[], querySignal?: AbortSignal): Promise<TextResult> => {
    querySignal?.throwIfAborted()
    const stop = () => void session.cancel()
    querySignal?.addEventListener('abort', stop, { once: true })
    try {
      const result: unknown = await client.query({
        text: sql,
        rowMode: 'array',
        types: { getTypeParser: () => (value: string) => value },
        ...(values ? { values: [...values], queryMode: 'extended' } : {}),
      } as never)
      return (Array.isArray(result) ? result.at(-1) : result) as TextResult
    } catch (error) {
      querySignal?.throwIfAborted()
      throw postgresError(error, label)
    } finally {
      querySignal?.removeEventListener('abort', stop)
    }
  }
  const session = {
    label,
    client,
    serverVersion: 0,
    serverEncoding: 'UTF8',
    query,
    cancel: () => cancelRequest(client, config),
    async close() {
      // A server that is in the middle of a COPY does not hear the goodbye.
      const cut = setTimeout(() => client.connection.stream.destroy(), closeTimeoutMs)
      await client.end().catch(() => {})
      clearTimeout(cut)
    },
  }
  try {
    const run = (sql: string) => query(sql, undefined, signal)
    const { rows } = await pinWithoutTimeout(run, () => run(pinned))
    session.serverVersion = Number(rows[0]?.[0])
    session.serverEncoding = rows[0]?.[1] ?? 'UTF8'
  } catch (error) {
    await session.close()
    throw error
  }
  return session
}
