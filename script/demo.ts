import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { Manifest } from '@millrace/connectors'
import { InterruptedError, signalFromProcess } from '@millrace/core'
import { folderForServer, startPostgres } from '@millrace/testing'
import { fillProduction } from './demo-database.ts'
import { bold, printTable } from './demo-output.ts'

const root = join(import.meta.dirname, '..')
const folder = resolve(process.argv[2] ?? join(root, 'demo'))
const state = join(folder, 'state')
const shown = (path: string) => relative(process.cwd(), path)
const millrace = join(root, 'packages', 'cli', 'bin', 'millrace.js')

const question = `
  select
    row_number() over (order by median(delay) desc, avg(delay) desc) as rank,
    origin as airport,
    any_value(name) as name,
    any_value(city) || ', ' || any_value(state) as city,
    count(*) as flights,
    median(delay) as median_delay_min,
    round(avg(delay), 1) as mean_delay_min,
    round(100.0 * count(*) filter (delay > 30) / count(*), 1) as late_percent
  from {flights} join {airports} on iata = origin
  group by origin
  having count(*) >= 10000
  order by rank
  limit 10`

using asked = signalFromProcess({ onAsk: () => process.stderr.write('\nStopping...\n') })
try {
  await demo(asked.signal)
} catch (error) {
  const { reason, aborted } = asked.signal
  if (!aborted) console.error(error instanceof Error ? error.message : error)
  process.exitCode = !aborted ? 1 : reason instanceof InterruptedError && reason.signal === 'SIGTERM' ? 143 : 130
}

async function demo(signal: AbortSignal): Promise<void> {
  const startedAt = Date.now()
  mkdirSync(folder, { recursive: true })
  heading('1. A production database')
  const place = folderForServer(folder)
  await using server = await startPostgres({ dataDirectory: join(place, 'postgres'), auth: 'scram' })
  console.log(`PostgreSQL ${server.version} runs on port ${server.port} until the demo ends.`)
  const production = await fillProduction(server, place, signal)
  console.log(
    `It holds ${production.flights.toLocaleString('en')} flights and ${production.airports.toLocaleString('en')} airports.`,
  )
  signal.throwIfAborted()

  const connection = { MILLRACE_CONNECTION_PRODUCTION: server.url(production.database) }
  const analytics = join(folder, 'analytics.duckdb')
  heading('2. Copy both tables to DuckDB, with a proof of every value')
  await copy(connection, signal, `duckdb:${shown(analytics)}`, '--table', 'flights', '--table', 'airports')
  heading('3. The same tables as Parquet files')
  for (const table of ['flights', 'airports']) {
    await copy(connection, signal, shown(join(folder, `${table}.parquet`)), '--table', table)
  }

  heading('4. Where should you not change planes? (first half of 2001, airports with 10,000 departures or more)')
  const fromTables = await ask(analytics, question.replace('{flights}', 'flights').replace('{airports}', 'airports'))
  const files = { flights: join(folder, 'flights.parquet'), airports: join(folder, 'airports.parquet') }
  const fromFiles = await ask(
    ':memory:',
    question.replace('{flights}', `'${quoted(files.flights)}'`).replace('{airports}', `'${quoted(files.airports)}'`),
  )
  console.log(printTable(fromTables))
  if (JSON.stringify(fromTables) !== JSON.stringify(fromFiles)) {
    throw new Error('The Parquet files answer the question differently from the DuckDB tables.')
  }
  console.log('\nThe Parquet files give the same answer.')

  heading('What was copied')
  console.log(printTable(copiesSince(startedAt)))
  heading('Where it is')
  for (const path of [analytics, files.flights, files.airports]) {
    console.log(`${(statSync(path).size / 1e6).toFixed(1).padStart(6)} MB  ${shown(path)}`)
  }
  console.log(`
The proofs stand in ${shown(join(state, 'manifests'))}; check one again: millrace verify FILE
Run the demo again and it replaces the copies. Delete ${shown(folder)} to start over.`)
}

/** One line per manifest that this run has written. */
function copiesSince(time: number): Record<string, unknown>[] {
  const folderOfManifests = join(state, 'manifests')
  return readdirSync(folderOfManifests)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folderOfManifests, name), 'utf8')) as Manifest)
    .filter(({ startedAt }) => Date.parse(startedAt) >= time)
    .toSorted((a, b) => a.startedAt.localeCompare(b.startedAt))
    .map(({ from, to, rows, durationMs, proof }) => ({
      table: from.table,
      to: to.target.kind === 'file' ? basename(to.target.path) : 'analytics.duckdb',
      rows,
      seconds: (durationMs / 1000).toFixed(1),
      rows_per_second: Math.round(rows / (durationMs / 1000)),
      rows_at_the_source: proof.source?.rows,
      same_content: proof.source?.hash !== undefined && proof.source.hash === proof.target?.hash ? 'yes' : 'no',
    }))
}

/** Runs the real command; its progress goes to this terminal. */
async function copy(
  connection: Readonly<Record<string, string>>,
  signal: AbortSignal,
  ...args: string[]
): Promise<void> {
  signal.throwIfAborted()
  const words = ['copy', 'production', ...args, '--verify', 'content']
  console.log(`$ millrace ${words.join(' ')}`)
  const child = spawn(process.execPath, [millrace, ...words], {
    stdio: 'inherit',
    env: { ...process.env, ...connection, MILLRACE_HOME: state },
  })
  // A terminal's Ctrl-C reaches the child by itself; a SIGTERM to this process does not.
  const pass = () =>
    signal.reason instanceof InterruptedError && signal.reason.signal === 'SIGTERM' && child.kill('SIGTERM')
  signal.addEventListener('abort', pass, { once: true })
  const code = await new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve))
  signal.removeEventListener('abort', pass)
  signal.throwIfAborted()
  if (code !== 0) throw new Error(`millrace ended with ${code}.`)
}

async function ask(database: string, sql: string): Promise<Record<string, unknown>[]> {
  const options: Record<string, string> = { autoinstall_known_extensions: 'false' }
  if (database !== ':memory:') options.access_mode = 'READ_ONLY'
  const instance = await DuckDBInstance.create(database, options)
  try {
    const connection = await instance.connect()
    const result = await connection.runAndReadAll(sql)
    connection.closeSync()
    return result.getRowObjectsJson()
  } finally {
    instance.closeSync()
  }
}

function quoted(path: string): string {
  return path.replaceAll("'", "''")
}

function heading(text: string): void {
  console.log(`\n${bold(text)}`)
}
