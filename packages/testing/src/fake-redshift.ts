import { connect, createServer, type Socket } from 'node:net'
import pg from 'pg'
import type { TestPostgres } from './postgres.ts'

export interface FakeRedshiftOptions {
  /** Where UNLOAD writes; `uri` is an `s3://…` address. */
  readonly write?: (uri: string, content: Buffer) => Promise<void>
  /** Rows in one file of an UNLOAD at most. Default 1,000. */
  readonly rowsPerFile?: number
  /** Makes the next UNLOAD fail after this many files, with credentials in its message as a careless server might have. */
  readonly failAfterFiles?: number
}

export interface FakeRedshift extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** Statements of UNLOAD as they came. */
  readonly unloads: readonly string[]
  /** Changes how the next UNLOADs behave. */
  set(options: FakeRedshiftOptions): void
}

/** What Redshift's PostgreSQL 8.0 does not know; a client that relies on it fails here as it would there. */
const unknownThere =
  /\bto\s+stdout\b|\bfrom\s+stdin\b|\bunnest\s*\(|\bwith\s+ordinality\b|\bto_regclass\b|\bsavepoint\b|\bpg_export_snapshot\b|\bnum_nulls\b|\bjson_agg\b|\bset\s+(intervalstyle|bytea_output|lc_monetary|lock_timeout|client_min)|\bE'|\bfetch\s+all\b/i

const views = `
  set allow_system_table_mods = on;
  create view pg_catalog.svv_tables as
    select table_catalog, table_schema, table_name, table_type, null::text as remarks from information_schema.tables;
  create view pg_catalog.svv_columns as
    select table_catalog, table_schema, table_name, column_name, ordinal_position, column_default, is_nullable, data_type,
           character_maximum_length, numeric_precision, numeric_scale from information_schema.columns;
  create view pg_catalog.svv_table_info as
    select current_database() as database, n.nspname as "schema", c.oid as table_id, c.relname as "table",
           ceil(pg_table_size(c.oid) / 1048576.0)::bigint as size, c.reltuples::numeric(38,0) as tbl_rows
      from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and c.reltuples > 0;`

/**
 * A fake of Amazon Redshift: a PostgreSQL behind a proxy. It has the catalogue views, answers UNLOAD
 * by running its query and writing files and manifest, and refuses a list of what Redshift does not know.
 * Types, limits and the optimiser are PostgreSQL's.
 */
export async function startFakeRedshift(
  postgres: TestPostgres,
  database: string,
  options: FakeRedshiftOptions = {},
): Promise<FakeRedshift> {
  const admin = new pg.Client({ connectionString: postgres.url(database) })
  await admin.connect()
  await admin.query(views)
  let current = options
  const unloads: string[] = []
  const sockets = new Set<Socket>()

  const server = createServer((client) => {
    const upstream = connect(postgres.port, postgres.host)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    upstream.pipe(client)
    let waiting = Buffer.alloc(0)
    let started = false
    let refused = false
    let turn: Promise<void> = Promise.resolve()

    const answer = async (type: string, message: Buffer): Promise<void> => {
      const text = type === 'Q' ? cString(message, 5) : type === 'P' ? cString(message, message.indexOf(0, 5) + 1) : ''
      if (type === 'Q' && /^\s*unload\b/i.test(text)) {
        unloads.push(text)
        try {
          await unload(admin, text, current)
          client.write(Buffer.concat([frame('C', 'UNLOAD\0'), frame('Z', 'I')]))
        } catch (error) {
          client.write(Buffer.concat([errorFrame('XX000', (error as Error).message), frame('Z', 'I')]))
        }
        return
      }
      if (refused && type !== 'S') return
      if (unknownThere.test(text)) {
        const sorry = errorFrame('42601', `this is not known to Redshift: ${text.slice(0, 80)}`)
        refused = type === 'P'
        client.write(type === 'P' ? sorry : Buffer.concat([sorry, frame('Z', 'I')]))
        return
      }
      if (type === 'S') refused = false
      upstream.write(message)
    }

    client.on('data', (bytes) => {
      waiting = Buffer.concat([waiting, bytes])
      for (;;) {
        const header = started ? 1 : 0
        if (waiting.length < header + 4) return
        const length = header + waiting.readInt32BE(header)
        if (waiting.length < length) return
        const message = Buffer.from(waiting.subarray(0, length))
        waiting = waiting.subarray(length)
        const type = started ? String.fromCharCode(message[0] as number) : ''
        if (!started) {
          // SSLRequest is answered with no, so that the conversation can be read.
          if (message.readInt32BE(4) === 80877103) {
            client.write('N')
            continue
          }
          started = true
        }
        turn = turn.then(() => answer(type, message))
      }
    })
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, postgres.host, resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The system handed out no port.')
  return {
    host: postgres.host,
    port: address.port,
    unloads,
    set(next) {
      current = { ...current, ...next }
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
      await admin.end()
    },
  }
}

async function unload(admin: pg.Client, text: string, options: FakeRedshiftOptions): Promise<void> {
  const parsed = /^\s*unload\s*\(\s*(?:\$\$(.*)\$\$|'((?:[^']|'')*)')\s*\)\s*to\s*'([^']*)'\s*(.*)$/is.exec(text)
  if (!parsed) throw new Error('syntax error in UNLOAD')
  const [, dollar, quoted = '', prefix = '', rest = ''] = parsed
  if (!/iam_role|access_key_id/i.test(rest)) throw new Error('UNLOAD needs an authorization')
  if (!/format\s+(as\s+)?csv/i.test(rest)) throw new Error('the fake unloads CSV only')
  const query = dollar ?? quoted.replaceAll("''", "'").replaceAll('\\\\', '\\')
  if (/\blimit\s+\d+\s*$/i.test(query)) throw new Error('Limit clause is not supported')
  const { rows } = await admin.query({
    text: query,
    rowMode: 'array',
    types: { getTypeParser: () => (value: string) => value },
  } as never)
  const perFile = options.rowsPerFile ?? 1000
  const entries: object[] = []
  const write = options.write ?? (async () => {})
  const table = rows as unknown as (string | null)[][]
  for (let at = 0; at < Math.max(1, table.length); at += perFile) {
    if (entries.length === options.failAfterFiles) throw new Error(`Mandatory property failed in ${rest.slice(0, 200)}`)
    const part = table.slice(at, at + perFile)
    const content = Buffer.from(part.map((row) => `${row.map(csvField).join(',')}\n`).join(''))
    const url = `${prefix}${String(entries.length).padStart(4, '0')}_part_00`
    await write(url, content)
    entries.push({ url, meta: { content_length: content.length, record_count: part.length } })
  }
  if (!/\bmanifest\b/i.test(rest)) return
  await write(`${prefix}manifest`, Buffer.from(JSON.stringify({ entries, meta: { record_count: table.length } })))
}

function csvField(value: string | null): string {
  if (value === null) return ''
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}

function frame(type: string, body: string): Buffer {
  const message = Buffer.alloc(5 + Buffer.byteLength(body))
  message.write(type, 0, 'latin1')
  message.writeInt32BE(4 + Buffer.byteLength(body), 1)
  message.write(body, 5)
  return message
}

function errorFrame(code: string, text: string): Buffer {
  return frame('E', `SERROR\0VERROR\0C${code}\0M${text}\0\0`)
}

function cString(message: Buffer, from: number): string {
  return message.toString('utf8', from, message.indexOf(0, from))
}
