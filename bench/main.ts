import { mkdtempSync, rmSync } from 'node:fs'
import { arch, cpus, platform, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Block, BlockResult } from './compare.ts'
import { compare, printBlock } from './compare.ts'
import type { BenchContext } from './context.ts'
import { exportBlocks } from './export.ts'
import { loadBlocks } from './load.ts'
import { measureMemory, printMemory } from './memory.ts'
import { shellQuote } from './shell.ts'
import { tinybirdBlocks } from './tinybird.ts'

const usage = `script/bench export|load|tinybird|memory|engine|api [options]

  export    out of PostgreSQL and MariaDB: against psql, mariadb and DuckDB
  load      into PostgreSQL and DuckDB, from PostgreSQL and files: against pg_dump | psql, psql and DuckDB
  tinybird  out of PostgreSQL into a local Tinybird: against psql, which only writes a file
  memory    peak memory of exports as the table grows
  engine    runs of workflows: latency, throughput, the load of doing nothing
  api       reads of the API by 50 clients at once, with 1,000 and with 10,000 projects

  --rows N      rows of the table (default 2,000,000; tinybird: 3,000,000; memory: the largest table, default 5,000,000)
  --rounds N    measured rounds (default 5; engine: 10)
  --only TEXT   only blocks (api: requests) whose title contains the text
  --json        the results with every single run, as JSON

Times are of whole processes, start-up included. Compare within one block only.`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: 'string' },
    rounds: { type: 'string' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const kind = positionals[0] ?? ''
if (values.help || !['export', 'load', 'tinybird', 'memory', 'engine', 'api'].includes(kind)) {
  console.error(usage)
  process.exit(values.help ? 0 : 2)
}

await using cleanUp = new AsyncDisposableStack()
const folder = cleanUp.adopt(makeFolder(), (path) => rmSync(path, { recursive: true, force: true }))
const context: BenchContext = {
  rows: positive(values.rows, kind === 'memory' ? 5_000_000 : kind === 'tinybird' ? 3_000_000 : 2_000_000),
  folder,
  millrace: `${shellQuote(process.execPath)} ${shellQuote(join(import.meta.dirname, '..', 'packages', 'cli', 'bin', 'millrace.js'))}`,
  wants: (title) => title.toLowerCase().includes(values.only.toLowerCase()),
  tell: (text) => process.stderr.write(`${text}\n`),
  cleanUp,
}
// The state of copies goes where everything else goes, not into the working directory.
process.env.MILLRACE_HOME = join(folder, 'state')
const machine = `${cpus().length} × ${cpus()[0]?.model ?? arch()}, ${platform()} ${release()}, Node ${process.versions.node}`

if (kind === 'engine') {
  const { measureEngine, printEngine } = await import('./engine.ts')
  const results = await measureEngine(positive(values.rounds, 10), context.tell)
  console.log(values.json ? JSON.stringify({ machine, results }, null, 2) : `${machine}\n\n${printEngine(results)}`)
} else if (kind === 'api') {
  const { measureApi, printApi } = await import('./api.ts')
  const results = await measureApi({ rounds: positive(values.rounds, 5), wants: context.wants }, context.tell)
  console.log(values.json ? JSON.stringify({ machine, results }, null, 2) : `${machine}\n\n${printApi(results)}`)
} else if (kind === 'memory') {
  const results = await measureMemory(context)
  console.log(values.json ? JSON.stringify({ machine, results }, null, 2) : `${machine}\n\n${printMemory(results)}`)
} else {
  const kinds: Readonly<Record<string, (context: BenchContext) => AsyncIterable<Block>>> = {
    export: exportBlocks,
    load: loadBlocks,
    tinybird: tinybirdBlocks,
  }
  const blocks = (kinds[kind] ?? exportBlocks)(context)
  const results: BlockResult[] = []
  for await (const block of blocks) {
    if (!context.wants(block.title)) continue
    const result = await compare(block, positive(values.rounds, 5), context.tell)
    results.push(result)
    if (!values.json) console.log(`\n${printBlock(result)}`)
  }
  console.log(values.json ? JSON.stringify({ machine, results }, null, 2) : machine)
}

function positive(text: string | undefined, fallback: number): number {
  const value = Number((text ?? '').replaceAll(/[_,]/g, '') || fallback)
  if (Number.isSafeInteger(value) && value > 0) return value
  console.error(`A whole number above 0 was expected, not "${text}".`)
  process.exit(2)
}

function makeFolder(): string {
  try {
    return mkdtempSync('/dev/shm/millrace-bench-')
  } catch {
    return mkdtempSync(join(tmpdir(), 'millrace-bench-'))
  }
}
