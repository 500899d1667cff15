import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { WorkerInfo } from '@millrace/engine'
import { expect, test } from 'vitest'
import { adminToken, manifestOf, useServers } from './test-server.fixture.ts'

const servers = useServers()
const guide = fileURLToPath(new URL('../../../docs/guides/api.md', import.meta.url))
const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url))

test('the example of the guide does what it says', async () => {
  const { server, call } = await servers.start()
  const [, example = ''] = /```ts\n(.*?)```/s.exec(await readFile(guide, 'utf8')) ?? []
  const folder = await mkdtemp(join(tmpdir(), 'millrace-guide-'))
  const done = new AbortController()
  try {
    await symlink(modules, join(folder, 'node_modules'))
    await writeFile(join(folder, 'example.ts'), example)
    await writeFile(join(folder, 'package.json'), '{"type":"module"}')
    await call('POST', '/api/workflows', { body: manifestOf({ load: {} }, { name: 'flights' }) })
    const working = work(server.workerApi, done.signal)
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=@millrace/source', join(folder, 'example.ts')],
      { env: { PATH: process.env.PATH, MILLRACE_URL: server.url, MILLRACE_TOKEN: adminToken } },
    )
    done.abort()
    await working
    expect(stdout).toMatch(/^\S+Z run\.created \n/)
    expect(stdout).toMatch(/Z run\.ended \n.*load: success, .*\nloaded 3 rows\n/s)
    expect(stdout).toMatch(/404 WORKFLOW_MISSING There is no workflow "fligths"\. Did you mean "flights"\?\n$/)
  } finally {
    done.abort()
    await rm(folder, { recursive: true, force: true })
  }
})

async function work(api: Awaited<ReturnType<typeof servers.start>>['server']['workerApi'], signal: AbortSignal) {
  const worker: WorkerInfo = {
    id: randomUUID(),
    name: 'w',
    host: 'h',
    pid: 1,
    version: '1',
    queues: ['default'],
    slots: 1,
  }
  while (!signal.aborted) {
    const { tasks } = await api.exchange({ worker, results: [], running: [], want: 1, waitMs: 30_000 }, signal)
    for (const { taskRunId, attempt } of tasks) {
      const line = Buffer.from('{"at":1,"level":"info","source":"log","text":"loaded 3 rows"}\n')
      await api.appendLog({ taskRunId, attempt, workerId: worker.id, offset: 0 }, line)
      const results = [{ taskRunId, attempt, outcome: { kind: 'success' as const, output: null } }]
      await api.exchange({ worker, results, running: [], want: 0, waitMs: 0 }, signal)
    }
  }
}
