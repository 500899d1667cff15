import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { findPostgres15 } from '@millrace/testing'
import type { Block } from './compare.ts'
import type { BenchContext } from './context.ts'
import { flightStatements } from './dataset.ts'
import { benchPostgres, runPostgres } from './servers.ts'
import { shellQuote as quote } from './shell.ts'

const title = 'PostgreSQL to a local Tinybird'

/**
 * Into ClickHouse behind Tinybird's API, which runs on the same machine: its work is part of the
 * time, and competes for the same cores, while the peer only writes a file.
 */
export async function* tinybirdBlocks({
  rows,
  folder,
  millrace,
  wants,
  tell,
  cleanUp,
}: BenchContext): AsyncGenerator<Block> {
  if (!wants(title)) return
  const server = await benchPostgres()
  const tools = findPostgres15()
  if (server === null || tools === null) {
    tell('No PostgreSQL 15 with psql: nothing to compare with.')
    return
  }
  cleanUp.use(server)
  tell(`Making ${rows.toLocaleString('en')} flights in PostgreSQL ${server.version}...`)
  const from = server.url(await server.createDatabase('flights'))
  await runPostgres(from, flightStatements(rows))
  const tinybird = await startServer(cleanUp)
  const env = { TB_CDK_TOKEN: tinybird.token, TB_CDK_ENDPOINT: tinybird.url }
  const csv = join(folder, 'flights.csv')
  const copy = `${millrace} copy ${quote(from)} tinybird --table flights --into flights --mode replace`
  yield {
    title,
    conditions:
      'The peer writes a CSV file in memory and loads it nowhere; Millrace replaces a data source of ClickHouse on the same machine.',
    rows,
    cases: [
      {
        name: 'psql COPY csv',
        command: `${quote(tools.psql ?? 'psql')} ${quote(from)} -q -v ON_ERROR_STOP=1 -c ${quote('copy flights to stdout (format csv)')} > ${quote(csv)}`,
      },
      ...['', '--verify none', '--verify content'].map((options) => ({
        name: `millrace ${options || '(count proof)'}`,
        command: `${copy} ${options}`,
        env,
      })),
    ],
  }
}

async function startServer(cleanUp: AsyncDisposableStack): Promise<{ url: string; token: string }> {
  const script = join(import.meta.dirname, 'tinybird-server.ts')
  const child = spawn(process.execPath, ['--conditions=@millrace/source', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  cleanUp.defer(async () => {
    child.stdin.end()
    if (child.exitCode === null) await once(child, 'exit')
  })
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line)
  throw new Error('The local Tinybird did not start.')
}
