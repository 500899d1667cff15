import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectorForUri, type SqlConnector, type Target } from '@millrace/connectors'
import { startPostgres, type TestPostgres } from '@millrace/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/*
 * The command is killed with SIGKILL at a random moment of its run, again and again, and run once
 * more. Whatever the moment: the destination then holds exactly the source's rows, each once, and
 * no staging is left. MILLRACE_CRASH_ROUNDS sets how often (default 3), MILLRACE_CRASH_SEED
 * repeats a failing sequence.
 */
const rounds = Number(process.env.MILLRACE_CRASH_ROUNDS ?? 3)
const seed = Number(process.env.MILLRACE_CRASH_SEED ?? Date.now() % 1_000_000)
const bin = fileURLToPath(new URL('../bin/millrace.js', import.meta.url))
const rowCount = 60_000
const random = randomFrom(seed)

const columns = `id bigint PRIMARY KEY, customer int, price numeric(15,2), made_at timestamptz NOT NULL, note text, doc jsonb`
const rowsFrom = (from: number, to: number, note: string) =>
  `SELECT i, nullif(i % 997, 0), i * 1.37, timestamptz '2024-01-01' + i * interval '1 second', repeat('${note} ' || i || E' "q"\\n', 8), jsonb_build_object('i', i)
   FROM generate_series(${from}, ${to}) i`

describe(`kill -9 at random moments (seed ${seed})`, () => {
  let server: TestPostgres
  let folder: string
  let origin: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-crash-'))
    server = await startPostgres()
    origin = server.url(await server.createDatabase('origin'))
    await execute(
      origin,
      `CREATE TABLE orders (${columns}); INSERT INTO orders ${rowsFrom(1, rowCount, 'new')}; VACUUM ANALYZE orders`,
    )
  })
  afterAll(async () => {
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const postgres = async () => {
    const uri = server.url(await server.createDatabase())
    return { uri, seed: (sql: string) => execute(uri, sql) }
  }

  describe('to PostgreSQL', () => {
    it('replace leaves the old rows or the new ones, never a part', {
      timeout: 180_000 + rounds * 20_000,
    }, async () => {
      const { uri } = await postgres()
      await repeatedly(async (kill) => {
        await execute(
          uri,
          `DROP TABLE IF EXISTS orders; CREATE TABLE orders (${columns}); INSERT INTO orders ${rowsFrom(1, 500, 'old')}`,
        )
        await kill(['copy', origin, uri, '--table', 'orders', '--parallel', '2', '--verify', 'content'])
        expect([500, rowCount]).toContain(await count(uri))
        return { uri, target: table }
      })
    })

    it('append adds every row once', { timeout: 180_000 + rounds * 20_000 }, async () => {
      const { uri } = await postgres()
      await repeatedly(async (kill) => {
        await execute(uri, `DROP TABLE IF EXISTS orders; CREATE TABLE orders (${columns})`)
        await kill(['copy', origin, uri, '--table', 'orders', '--mode', 'append', '--parallel', '2'])
        expect([0, rowCount]).toContain(await count(uri))
        return { uri, target: table }
      })
    })

    it('merge updates and inserts every row once', { timeout: 180_000 + rounds * 20_000 }, async () => {
      const { uri } = await postgres()
      await repeatedly(async (kill) => {
        await execute(
          uri,
          `DROP TABLE IF EXISTS orders; CREATE TABLE orders (${columns}); INSERT INTO orders ${rowsFrom(1, 20_000, 'old')}`,
        )
        await kill(['copy', origin, uri, '--table', 'orders', '--mode', 'merge', '--key', 'id', '--parallel', '2'])
        expect([20_000, rowCount]).toContain(await count(uri))
        return { uri, target: table }
      })
    })

    it('an incremental append neither misses nor repeats a row', { timeout: 180_000 + rounds * 25_000 }, async () => {
      const { uri } = await postgres()
      const growing = server.url(await server.createDatabase())
      await repeatedly(async (kill) => {
        const command = [
          'copy',
          growing,
          uri,
          '--table',
          'orders',
          '--mode',
          'append',
          '--cursor',
          'made_at',
          '--key',
          'id',
        ]
        await execute(
          growing,
          `DROP TABLE IF EXISTS orders; CREATE TABLE orders (${columns}); INSERT INTO orders ${rowsFrom(1, 20_000, 'first')}`,
        )
        await execute(uri, 'DROP TABLE IF EXISTS orders; DROP SCHEMA IF EXISTS _millrace CASCADE')
        expect((await run(command)).code).toBe(0)
        await execute(growing, `INSERT INTO orders ${rowsFrom(20_001, rowCount, 'second')}`)
        await kill(command)
        expect([20_000, rowCount]).toContain(await count(uri))
        return { uri, target: table, from: growing }
      })
    })
  })

  describe('to DuckDB', () => {
    it.each(['replace', 'append', 'merge'])(
      '%s ends with the rows of the source',
      { timeout: 180_000 + rounds * 20_000 },
      async (mode) => {
        let n = 0
        await repeatedly(async (kill) => {
          const uri = `duckdb:${join(folder, `${mode}-${n++}.duckdb`)}`
          await kill([
            'copy',
            origin,
            uri,
            '--table',
            'orders',
            '--mode',
            mode,
            '--parallel',
            '2',
            ...(mode === 'merge' ? ['--key', 'id'] : []),
          ])
          return { uri, target: table }
        })
      },
    )
  })

  describe('to a file', () => {
    it.each(['csv', 'ndjson.zst', 'parquet'])(
      'replace of %s ends with the rows of the source',
      { timeout: 180_000 + rounds * 20_000 },
      async (extension) => {
        let n = 0
        await repeatedly(async (kill) => {
          const place = join(folder, `files-${extension}-${n++}`)
          const path = join(place, `orders.${extension}`)
          await kill(['copy', origin, path, '--table', 'orders', '--parallel', '2'])
          return { uri: path, target: fileTarget(path), place }
        })
      },
    )
  })

  const table: Target = { kind: 'table', table: { scope: [], name: 'orders' } }

  /** Runs `round` with a `kill` that starts the command and kills it, then runs the command to its end and compares both sides. */
  async function repeatedly(
    round: (
      kill: (args: string[]) => Promise<void>,
    ) => Promise<{ uri: string; target: Target; from?: string; place?: string }>,
  ): Promise<void> {
    let fullMs = 1500
    for (let n = 0; n < rounds; n++) {
      let command: string[] = []
      let finished = false
      const state = join(folder, 'state')
      const {
        uri,
        target,
        from = origin,
        place,
      } = await round(async (args) => {
        command = args
        await rm(state, { recursive: true, force: true })
        const killed = await run(args, random() * fullMs, state)
        finished = killed.finished
      })
      // An append that had come to its end is not to be repeated: it would rightly append again.
      if (!finished) {
        const began = performance.now()
        const again = await run(command, undefined, state)
        expect(again, again.output).toMatchObject({ code: 0 })
        fullMs = Math.max(400, (performance.now() - began) * 1.1)
      }
      await expectEqual(from, uri, target)
      await expectNothingLeft(uri, place)
    }
  }

  async function expectEqual(from: string, to: string, target: Target): Promise<void> {
    await using there = await connectorForUri(from)
    await using here = await connectorForUri(to)
    await using source = await there.openSource()
    await using sink = await here.openSink()
    const relation = { kind: 'table', table: { scope: [], name: 'orders' } } as const
    const schema = await source.describe(relation)
    expect(await sink.contentHash(target, schema.columns)).toEqual(await source.contentHash(relation, schema.columns))
  }
})

/**
 * `finished`: the process said that the load was closed, or the load of an append was closed before it came to say so:
 * every other mode can be run again, and clears away what the kill left.
 */
async function run(
  args: readonly string[],
  killAfterMs?: number,
  state?: string,
): Promise<{ code: number | null; finished: boolean; output: string }> {
  // The command refuses variables of Millrace that it does not know, such as those of this test.
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('MILLRACE_'))
  const child = spawn(process.execPath, ['--conditions=@millrace/source', bin, ...args, '--json'], {
    env: { ...Object.fromEntries(own), ...(state ? { MILLRACE_HOME: state } : {}) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.on('data', (data) => {
    output += data
  })
  child.stderr.on('data', (data) => {
    output += data
  })
  const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs)
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  clearTimeout(timer)
  const told = output.includes('"type":"table-finished"')
  const appends = args.includes('append')
  return {
    code,
    finished:
      told ||
      (appends && killAfterMs !== undefined && code !== 0 && state !== undefined && (await closed(args, state))),
    output,
  }
}

/** A manifest is written before the load's record is dropped: both together mean that the load had been closed. */
async function closed(args: readonly string[], state: string): Promise<boolean> {
  const manifests = await readdir(join(state, 'manifests')).catch(() => [])
  if (!manifests.some((name) => name.endsWith('.json'))) return false
  const to = args[2] as string
  const key = JSON.parse(
    await readFile(join(state, 'manifests', manifests.find((name) => name.endsWith('.json')) as string), 'utf8'),
  ).load
  await using connector = await connectorForUri(to)
  await using sink = await connector.openSink()
  const target: Target =
    to.includes('://') || to.startsWith('duckdb:')
      ? { kind: 'table', table: { scope: [], name: 'orders' } }
      : fileTarget(to)
  return (await sink.interrupted(key, target)) === null
}

function fileTarget(path: string): Target {
  const format = path.includes('.parquet') ? 'parquet' : path.includes('.ndjson') ? 'ndjson' : 'csv'
  return {
    kind: 'file',
    path,
    format,
    compression: path.endsWith('.zst') ? 'zstd' : 'none',
    csv: { header: true, lineEnd: 'lf' },
  }
}

async function expectNothingLeft(uri: string, place: string | undefined): Promise<void> {
  if (place !== undefined) {
    expect((await readdir(place)).filter((name) => name.includes('_millrace'))).toEqual([])
    return
  }
  await using connector = (await connectorForUri(uri)) as SqlConnector
  const rows = await connector.query(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_name LIKE 's\\_%' ESCAPE '\\' OR table_name LIKE '%millrace\\_s\\_%' ESCAPE '\\'`,
  )
  expect(rows).toEqual([])
}

async function execute(uri: string, statements: string): Promise<void> {
  await using connector = (await connectorForUri(uri)) as SqlConnector
  for (const statement of statements.split(/;(?=\s*(?:DROP|CREATE|INSERT|VACUUM))/)) await connector.execute(statement)
}

async function count(uri: string): Promise<number> {
  await using connector = (await connectorForUri(uri)) as SqlConnector
  return Number(await connector.query('SELECT count(*) FROM orders', { scalar: true }))
}

/** Small and repeatable: mulberry32. */
function randomFrom(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
