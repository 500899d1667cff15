import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connectorForUri, type SqlConnector } from '@millrace/connectors'
import { startPostgres, type TestPostgres } from '@millrace/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'

const bin = fileURLToPath(new URL('../bin/millrace.js', import.meta.url))
const guide = fileURLToPath(new URL('../../../docs/guides/copy.md', import.meta.url))

let server: TestPostgres
let folder: string

beforeAll(async () => {
  server = await startPostgres({ auth: 'scram' })
  await server.createDatabase('shop')
  await using connector = (await connectorForUri(server.url('shop'))) as SqlConnector
  await connector.execute(
    `CREATE ROLE reader LOGIN PASSWORD 'secret'; CREATE SCHEMA sales;
     CREATE TABLE sales.customers (id int PRIMARY KEY, name text);
     INSERT INTO sales.customers SELECT i, 'customer ' || i FROM generate_series(1, 50) i;
     CREATE TABLE sales.orders (id int PRIMARY KEY, customer_id int, price numeric(12,2), made_at timestamptz NOT NULL);
     INSERT INTO sales.orders SELECT i, i % 50, i * 1.1, '2024-01-01Z'::timestamptz + i * interval '1 hour' FROM generate_series(1, 1000) i;
     CREATE SCHEMA marketing; CREATE TABLE marketing.offers (id int PRIMARY KEY, until timestamp); INSERT INTO marketing.offers VALUES (1, '2030-01-01'), (2, 'infinity');
     GRANT USAGE ON SCHEMA sales, marketing TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA sales, marketing TO reader; ANALYZE;`,
  )
  folder = await mkdtemp(join(tmpdir(), 'millrace-guide-'))
  await mkdir(join(folder, 'bin'))
  const shim = join(folder, 'bin', 'millrace')
  await writeFile(shim, `#!/bin/sh\nexec '${process.execPath}' --conditions=@millrace/source '${bin}' "$@"\n`)
  await chmod(shim, 0o755)
})

afterAll(async () => {
  await server?.stop()
  await rm(folder, { recursive: true, force: true })
})

it('every command of the guide does what it says', { timeout: 240_000 }, async () => {
  const text = (await readFile(guide, 'utf8')).replaceAll('@localhost/', `@${server.host}:${server.port}/`)
  // All of it in one shell, so that exported variables stay, as they do for a reader.
  const script = ['set -e']
  let files = 0
  for (const [, language, body = ''] of text.matchAll(/```(sh|yaml)\n(.*?)```/gs)) {
    if (language === 'sh')
      script.push(body.replaceAll(/^millrace .*$/gm, (line) => `echo '$ ${line.replaceAll("'", '')}' >&2; ${line}`))
    else {
      const file = body.replace('host: localhost', `host: ${server.host}\n    port: ${server.port}`)
      await writeFile(join(folder, `${++files}.yaml`), file)
      script.push(`cp ${files}.yaml millrace.yaml`)
    }
  }
  script.push('millrace connectors test shop')
  const { code, output } = await shell(script.join('\n'))
  expect(code, output).toBe(0)
  expect(output).toMatch(/1 stored as NULL in until/)
  expect(output).not.toMatch(/error:/)
})

function shell(script: string): Promise<{ code: number | null; output: string }> {
  const own = Object.entries(process.env).filter(([name]) => !/^(MILLRACE_|PG|NODE_OPTIONS|VITEST)/.test(name))
  const child = spawn('sh', ['-c', script], {
    cwd: folder,
    env: { ...Object.fromEntries(own), PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, output }))
  })
}
