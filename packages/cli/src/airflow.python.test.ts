import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findRabbitmq, startRabbitmq } from '@millrace/testing'
import { connect } from 'amqplib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startAirflow, type TestAirflow } from './airflow.fixture.ts'
import { runCommand } from './run-command.fixture.ts'
import { type WorkflowPackage, workflowPackage } from './workflow-package.fixture.ts'

const venv = process.env.AIRFLOW_VENV
const minutes = 60_000

/** The example of the repository in several versions, each in a folder of its own. */
async function exampleInVersions(versions: readonly string[]): Promise<AsyncDisposable & { folders: string[] }> {
  const source = fileURLToPath(new URL('../../../examples/flights', import.meta.url))
  const packages: WorkflowPackage[] = []
  for (const version of versions) {
    const copy = await workflowPackage({})
    packages.push(copy)
    const filter = (path: string) => !path.endsWith('.millrace')
    await cp(source, copy.folder, { recursive: true, filter })
    const workflow = await readFile(join(source, 'workflows/flights.ts'), 'utf8')
    await copy.write('workflows/flights.ts', workflow.replace(/version: '[^']*'/, `version: '${version}'`))
  }
  return {
    folders: packages.map(({ folder }) => folder),
    async [Symbol.asyncDispose]() {
      for (const copy of packages) await copy[Symbol.asyncDispose]()
    },
  }
}

describe.skipIf(venv === undefined)('workflows in Airflow', { timeout: 5 * minutes }, () => {
  let airflow: TestAirflow
  let built: WorkflowPackage
  let example: Awaited<ReturnType<typeof exampleInVersions>>
  let probe: Server
  let probed = 0
  beforeAll(async () => {
    // Not there yet at the first two looks.
    probe = createServer((_, answer) => {
      answer.statusCode = ++probed <= 2 ? 503 : 200
      answer.end()
    })
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
    built = await workflowPackage()
    airflow = await startAirflow(venv ?? '')
    for (const version of ['1.0', '2.0']) {
      const args = ['build', '--target', 'airflow', '--version', version, '--pool', 'disk=2', '--out', airflow.dags]
      expect(await runCommand(args, { cwd: built.folder })).toMatchObject({ code: 0 })
    }
    example = await exampleInVersions(['1.0.0', '1.1.0'])
    for (const folder of example.folders) {
      const args = ['build', '--target', 'airflow', '--out', airflow.dags]
      expect(await runCommand(args, { cwd: folder })).toMatchObject({ code: 0 })
    }
    expect(await airflow.run(['pools', 'import', join(airflow.dags, 'pools.json')])).toMatchObject({ code: 0 })
  }, 5 * minutes)
  afterAll(async () => {
    await airflow?.[Symbol.asyncDispose]()
    await built?.[Symbol.asyncDispose]()
    await example?.[Symbol.asyncDispose]()
    await new Promise((resolve) => probe?.close(resolve))
  })

  async function test(version: string, more: Readonly<Record<string, string>>, env = {}) {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-flights-'))
    const { port } = probe.address() as { port: number }
    const conf = { folder, probe: `http://127.0.0.1:${port}/`, ...more }
    try {
      const result = await airflow.run(
        ['dags', 'test', `flights_daily_${version}`, '--conf', JSON.stringify(conf)],
        env,
      )
      const lines = (await readFile(join(folder, 'done.ndjson'), 'utf8')).trim().split('\n')
      const done = lines.map((line) => JSON.parse(line) as { id: string; attempt: number; what: never })
      const rows = await readFile(join(folder, 'rows.csv'), 'utf8')
      return { ...result, done, rows }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  it('K7: reads two versions of each workflow side by side, without an error', async () => {
    expect(await airflow.json('dags', 'list-import-errors', '--local')).toEqual([])
    const dags = (await airflow.json('dags', 'list', '--local')) as { dag_id: string }[]
    expect(dags.map(({ dag_id }) => dag_id).sort()).toEqual([
      'flights_daily_1.0',
      'flights_daily_1.0.0',
      'flights_daily_1.1.0',
      'flights_daily_2.0',
    ])
  })

  it('runs the example: extracts, loads, tests, transforms and reports real flights', async () => {
    const home = await mkdtemp(join(tmpdir(), 'millrace-flights-'))
    const conf = JSON.stringify({ day: '2001-01-03', airports: 2 })
    const { code, log } = await airflow.run(['dags', 'test', 'flights_daily_1.1.0', '--conf', conf], {
      FLIGHTS_HOME: home,
    })
    const report = await readFile(join(home, 'delays-2001-01-03.md'), 'utf8').catch(() => '')
    await rm(home, { recursive: true, force: true })
    expect({ code, end: code === 0 ? '' : log.slice(-4000) }).toEqual({ code: 0, end: '' })
    expect(report).toContain('16948 flights.')
    expect(report).toContain('| MDW | 140 | 19.5 | 28.6 |')
  })

  it('does the work of every task: retried, mapped, skipped, branched, waited for', async () => {
    const { code, log, done, rows } = await test('1.0', {})
    expect(log.slice(-2000)).toContain('successful')
    expect(code).toBe(0)
    expect(rows).toBe('BER,3\nJFK,4\n')
    const of = (id: string) => done.filter((line) => line.id === id)
    expect(of('Extract').map(({ attempt }) => attempt)).toEqual([1, 2])
    // What could break a shell line or a template arrived as it is.
    expect(of('Extract')[0]?.what).toMatchObject({ note: 'it\'s {{ day }} $(exit 3) "x"\n.sh', trigger: 'manual' })
    expect(of('Airports').map(({ what }) => what)).toEqual([2])
    // In any order: Airflow runs them side by side.
    expect(of('LoadAirport').map(({ what }) => what)).toHaveLength(2)
    expect(of('LoadAirport').map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        { item: 'BER', index: 0 },
        { item: 'SFO', index: 2 },
      ]),
    )
    expect(probed).toBe(3)
    expect(of('way.Left')).toHaveLength(1)
    expect(of('way.Right')).toHaveLength(0)
    expect(of('Report').map(({ what }) => what)).toEqual([[{ rows: 2 }, ['ber', null, 'sfo'], ['way.Left']]])
    expect(done.at(-1)?.id).toBe('Always')
    const left = await readdir(join(airflow.dags, '../tmp'))
    expect(left.filter((name) => name.startsWith('millrace-'))).toEqual([])
  })

  it('fails a run whose last task succeeds after a failure, and reports the failure to RabbitMQ', async ({ skip }) => {
    skip(findRabbitmq() === null, 'this machine has no RabbitMQ')
    await using broker = await startRabbitmq()
    const { code, done, log } = await test(
      '2.0',
      { failing: 'Airports' },
      {
        MESH_CONFIG: JSON.stringify({
          'interservice-bus': { mesh_address: broker.host, mesh_port: broker.port },
        }),
        ...{ ISB_USERNAME: broker.user, ISB_PASSWORD: broker.password },
      },
    )
    expect(code).not.toBe(0)
    expect(done.map(({ id }) => id)).toContain('Always')
    expect(log).not.toContain(broker.password)
    const connection = await connect(broker.url())
    const channel = await connection.createChannel()
    const message = await channel.get('recipe.run.failure.q', { noAck: true })
    const further = await channel.get('recipe.run.failure.q', { noAck: true })
    await connection.close()
    expect(message && JSON.parse(message.content.toString())).toEqual({
      workflowName: 'flights_daily',
      workflowVersion: '2.0',
      taskName: 'Airports',
      dagRunId: expect.stringMatching(/^manual__/),
      logUrl: expect.stringContaining('/dags/flights_daily_2.0/'),
    })
    expect(further).toBe(false)
  })
})
