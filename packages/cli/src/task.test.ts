import { readFile, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { freePort } from '@millrace/testing'
import { type AttemptSpec, defaultTaskOptions, type Json } from '@millrace/workflow'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunOptions, runCommand } from './run-command.fixture.ts'
import { packageJson, type WorkflowPackage, workflowPackage } from './workflow-package.fixture.ts'

const tasks = `
import { DeferTask, SkipTask, Task, type TaskContext, Workflow } from '@millrace/workflow'

export class Work extends Task {
  static override secrets = ['api-key']
  static override connections = ['lake']
  async run(context: TaskContext) {
    const { params, log, signal, run, state } = context
    switch (params.do) {
      case 'succeed': return { day: run.logicalDate.toISOString(), before: await context.output('Before') }
      case 'fail': throw new Error('It broke.')
      case 'skip': throw new SkipTask('Nothing new.')
      case 'defer':
        if (state === 3) return 'after all'
        throw new DeferTask('Not yet.', { seconds: params.seconds as number, state: ((state as number) ?? 0) + 1 })
      case 'exit': process.exit(params.code as number)
      case 'large': return 'x'.repeat(100_000)
      case 'secret': {
        const secret = await context.secrets.get('api-key')
        log.info('the key is ' + secret)
        console.log('printed ' + process.cwd())
        return (await context.connections.get('lake')).connector
      }
      case 'variables': return context.render('{{ var("region") }} {{ params.do }}')
      case 'wait':
        const busy = setInterval(() => {}, 1000)
        log.info('waiting')
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
        clearInterval(busy)
        log.info('told to stop: ' + (signal.reason as Error).message)
        signal.throwIfAborted()
      case 'stall': return await new Promise(() => {})
      case 'trigger': return await context.workflows.trigger('other')
    }
  }
}
export class Before extends Task { run() {} }
export const work = new Workflow({ category: 'demo', name: 'work', version: '1' })
  .addNode(Before)
  .addNode(Work, { upstreams: Before })
`

let built: WorkflowPackage
beforeAll(async () => {
  built = await workflowPackage({ 'package.json': packageJson, 'src/tasks.ts': tasks })
})
afterAll(() => built?.[Symbol.asyncDispose]())

const node: AttemptSpec['node'] = {
  ...{ id: 'Work', kind: 'task', name: 'Work', operator: null, upstreams: ['Before'], mapOver: null },
  ...{ branch: false, group: null, connections: ['lake'], secrets: ['api-key'], options: defaultTaskOptions },
}

function specOf(params: Record<string, Json>, more: Partial<AttemptSpec> = {}): AttemptSpec {
  return {
    ...{ taskRunId: 7, attempt: 1, node, mapIndex: null, item: null, params, variables: { region: 'EU' } },
    run: {
      ...{ id: '12', workflow: 'demo_work', version: '1', trigger: 'manual', timezone: 'UTC' },
      logicalDate: '2026-03-01T00:00:00.000Z',
      dataInterval: { start: null, end: '2026-03-01T00:00:00.000Z' },
    },
    ...{ ancestors: ['Before'], state: null, traceparent: null, package: null },
    source: { module: 'src/tasks.ts', export: 'work' },
    ...more,
  }
}

async function run(
  params: Record<string, Json>,
  { args = [], env = {}, ...options }: { args?: string[] } & Partial<RunOptions> & { spec?: Partial<AttemptSpec> } = {},
) {
  const result = await runCommand(['task', 'run', '--package-folder', built.folder, ...args], {
    cwd: '/',
    env: { MILLRACE_TASK_SPEC: JSON.stringify(specOf(params, options.spec)), ...env },
    ...options,
  })
  return { ...result, lines: result.out.toString().trimEnd().split('\n') }
}

describe('millrace task run', () => {
  it('prints the output last and ends with 0', async () => {
    const { code, lines } = await run({ do: 'succeed' }, { env: { MILLRACE_TASK_OUTPUTS: '{"Before": [1, 2]}' } })
    expect(code).toBe(0)
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ day: '2026-03-01T00:00:00.000Z', before: [1, 2] })
  })

  it('reads what it is to do from a file, and writes the output to one', async () => {
    const [spec, result] = [join(built.folder, 'spec.json'), join(built.folder, 'result.json')]
    await writeFile(spec, JSON.stringify(specOf({ do: 'succeed' })))
    const { code, out } = await run({}, { args: ['--result', result], env: { MILLRACE_TASK_SPEC: spec } })
    expect({ code, out: out.toString() }).toEqual({ code: 0, out: '' })
    expect(JSON.parse(await readFile(result, 'utf8'))).toMatchObject({ before: null })
  })

  it('ends with 1 when the task failed, and says how', async () => {
    const { code, out, err } = await run({ do: 'fail' })
    expect(code).toBe(1)
    expect(out.toString()).toContain('ERROR It broke. [TASK_FAILED]')
    expect(err).toContain('tasks.ts')
  })

  it('ends with 99 when the task was skipped', async () => {
    const { code, out } = await run({ do: 'skip' })
    expect(code).toBe(99)
    expect(out.toString()).toBe('INFO Skipped: Nothing new.\n')
  })

  it('ends with 75 when the task is to be run again, and leaves what the next attempt gets', async () => {
    const { code, lines } = await run({ do: 'defer', seconds: 60 }, { spec: { state: 1 } })
    expect(code).toBe(75)
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ seconds: 60, state: 2 })
  })

  it.each([0, 42])('keeps exit code %i of a task that ends its process; 0 is no success', async (code) => {
    const ended = await run({ do: 'exit', code })
    expect(ended.code).toBe(code || 1)
    expect(ended.err).toMatch(/The task Work ended its process.* before it was done\./)
  })

  it('fails a task that waits for something that will never come', async () => {
    const { code, err } = await run({ do: 'stall' })
    expect(code).toBe(1)
    expect(err).toContain('The task Work ended its process, or waits for something that will never come')
  })

  it('masks secrets, resolves connections by the environment, and runs in the folder of the package', async () => {
    const env = { MILLRACE_SECRET_API_KEY: 'k-1234567', MILLRACE_CONNECTION_LAKE: 'duckdb:lake.duckdb' }
    const { code, out, lines } = await run({ do: 'secret' }, { env })
    expect(code).toBe(0)
    expect(out.toString()).toContain('INFO the key is ***')
    expect(out.toString()).toContain(`printed ${built.folder}`)
    expect(out.toString()).not.toContain('k-1234567')
    expect(lines.at(-1)).toBe('"duckdb"')
  })

  it('names the variable of a secret that is missing', async () => {
    const { code, out } = await run({ do: 'secret' })
    expect(code).toBe(1)
    expect(out.toString()).toContain('Set MILLRACE_SECRET_API_KEY where the task runs. [SECRET_UNKNOWN]')
  })

  it('says that it knows no runs', async () => {
    const { code, out } = await run({ do: 'trigger' })
    expect(code).toBe(1)
    expect(out.toString()).toContain('[RUNS_NOT_KNOWN]')
  })

  it('tells the task of SIGTERM, and then ends', async () => {
    const { code, out, err } = await run(
      { do: 'wait' },
      { onSpawn: (child) => child.stdout?.once('data', () => child.kill('SIGTERM')) },
    )
    expect({ code, err }).toMatchObject({ code: 143 })
    expect(out.toString()).toContain('told to stop: The task was stopped by SIGTERM.')
  })

  it('refuses to run another task than it is asked for', async () => {
    const { code, err } = await run({ do: 'succeed' }, { args: ['--node', 'Other'] })
    expect(code).toBe(2)
    expect(err).toContain('[TASK_MISMATCH]')
  })

  it('says what is missing or unreadable', async () => {
    const missing = await runCommand(['task', 'run'], { cwd: '/' })
    expect(missing).toMatchObject({ code: 2, err: expect.stringContaining('[TASK_SPEC_MISSING]') })
    const unreadable = await run({}, { env: { MILLRACE_TASK_SPEC: '{"run": 1}' } })
    expect(unreadable).toMatchObject({
      code: 2,
      err: expect.stringContaining('MILLRACE_TASK_SPEC cannot be read: node, params missing'),
    })
  })
})

describe('millrace task run under Airflow', () => {
  const placed = {
    ...{ workflow: 'demo_work', version: '1', timezone: 'Europe/Berlin', cron: '30 2 * * *', paramsSchema: null },
    ...{ node, source: { module: 'src/tasks.ts', export: 'work' }, package: null, largestOutputBytes: 48_000 },
  }
  const attempt = {
    ...{ runId: 'scheduled__1', type: 'scheduled', attempt: 2, mapIndex: null as number | null, item: null },
    ...{ logicalDate: '2026-02-28T01:30:00+00:00', runAfter: '2026-03-01T01:30:00+00:00' },
  }
  const under = (params: Record<string, Json>, more: object = {}, env: Record<string, string> = {}) =>
    run(params, {
      env: {
        ...{ MILLRACE_TASK_SPEC: '', MILLRACE_TASK_OUTPUTS: '{"Before": 1}' },
        MILLRACE_TASK_NODE: JSON.stringify(placed),
        MILLRACE_TASK_RUN: JSON.stringify({ ...attempt, params, ...more }),
        ...env,
      },
    })

  it('stands for the moment that the run was due at, however Airflow dates it', async () => {
    const { lines } = await under({ do: 'succeed' })
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ day: '2026-03-01T01:30:00.000Z', before: 1 })
    const byHand = await under({ do: 'succeed' }, { type: 'manual' })
    expect(JSON.parse(byHand.lines.at(-1) ?? '')).toMatchObject({ day: '2026-02-28T01:30:00.000Z' })
    const undated = await under({ do: 'succeed' }, { type: 'manual', logicalDate: null })
    expect(JSON.parse(undated.lines.at(-1) ?? '')).toMatchObject({ day: '2026-03-01T01:30:00.000Z' })
  })

  it('says which item its output is of', async () => {
    const { lines } = await under({ do: 'variables' }, { mapIndex: 4, item: 'x' }, { MILLRACE_VARIABLE_REGION: 'US' })
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ index: 4, output: 'US variables' })
  })

  it('refuses an output that Airflow cannot hand on', async () => {
    const { code, err } = await under({ do: 'large' })
    expect(code).toBe(4)
    expect(err).toMatch(/takes 100,002 bytes; .* at most 48,000 .*\[OUTPUT_TOO_LARGE\]/)
  })

  it('waits itself when nobody could start it again', async () => {
    const { code, lines } = await under({ do: 'defer', seconds: 0 })
    expect({ code, last: lines.at(-1) }).toEqual({ code: 0, last: '"after all"' })
    const resumable = await under({ do: 'defer', seconds: 0 }, {}, { MILLRACE_TASK_STATE: 'null' })
    expect(resumable.code).toBe(75)
  })
})

describe('millrace task install', () => {
  let zip: Uint8Array
  let sha256: string
  beforeAll(async () => {
    const { out } = await runCommand(['build', '--json'], { cwd: built.folder })
    const answer = JSON.parse(out.toString()) as { package: { zip: string; sha256: string } }
    zip = await readFile(answer.package.zip)
    sha256 = answer.package.sha256
    await writeFile(join(built.folder, 'package.zip'), zip)
  })
  const into = () => join(built.folder, 'installed', crypto.randomUUID())
  const install = (place: string, hash: string, folder: string) =>
    runCommand(['task', 'install', '--package', place, '--sha256', hash, '--into', folder], { cwd: built.folder })

  it('installs a package from a file and runs its task there', async () => {
    const folder = into()
    expect(await install('package.zip', sha256, folder)).toMatchObject({ code: 0 })
    expect((await stat(join(folder, 'src/tasks.ts'))).isFile()).toBe(true)
    expect((await run({ do: 'succeed' }, { args: ['--package-folder', folder] })).code).toBe(0)
    await expect(stat(`${folder}.installing`)).rejects.toThrow('ENOENT')
  })

  it('fetches it over HTTP, trying again while the server is not well', async () => {
    let asked = 0
    const server = createServer((_, answer) => {
      answer.statusCode = ++asked === 1 ? 503 : 200
      answer.end(asked === 1 ? '' : zip)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const folder = into()
    const { code, err } = await install(`http://127.0.0.1:${port}/package.zip`, sha256, folder)
    await new Promise((resolve) => server.close(resolve))
    expect({ code, err }).toMatchObject({ code: 0 })
    expect(asked).toBe(2)
  })

  it('refuses other content than was built, and leaves nothing behind', async () => {
    const folder = into()
    const { code, err } = await install('package.zip', '0'.repeat(64), folder)
    expect(code).toBe(4)
    expect(err).toContain('[PACKAGE_CORRUPT]')
    await expect(stat(folder)).rejects.toThrow('ENOENT')
  })

  it('names a package that is not there', async () => {
    expect(await install('absent.zip', sha256, into())).toMatchObject({
      code: 2,
      err: expect.stringMatching(/absent\.zip cannot be read \(ENOENT\).*\[PACKAGE_MISSING\]/),
    })
  })
})

describe('millrace task report-failure', () => {
  const report = (env: Record<string, string>) =>
    runCommand(['task', 'report-failure', '--workflow', 'w', '--version', '1', '--task', 't'], { cwd: '/', env })

  it('says that no bus is configured', async () => {
    expect(await report({})).toMatchObject({ code: 0, err: expect.stringContaining('No failure bus is configured') })
  })

  it('K10: ends with 0 when the broker is down', async () => {
    const { code, err } = await report({
      MESH_CONFIG: JSON.stringify({ 'interservice-bus': { mesh_address: '127.0.0.1', mesh_port: await freePort() } }),
      RETRY_CONFIG: '{"attempts": 2, "min_delay_seconds": 0, "min_jitter_seconds": 0, "max_jitter_seconds": 0}',
    })
    expect(code).toBe(0)
    expect(err).toMatch(/could not be published.*Trying again.*It is not reported\./s)
  })

  it('ends with 0 when its own configuration is wrong', async () => {
    const { code, err } = await report({ MESH_CONFIG: 'rubbish' })
    expect(code).toBe(0)
    expect(err).toContain('MESH_CONFIG')
  })
})
