import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { type RunOptions, runCommand } from './run-command.fixture.ts'
import { packageJson, type WorkflowPackage, workflowPackage } from './workflow-package.fixture.ts'

const shop = `
import { writeFile } from 'node:fs/promises'
import { DataError } from '@millrace/core'
import { SqlOperator } from '@millrace/operators'
import { Task, type TaskContext, Workflow, z } from '@millrace/workflow'

const params = z.object({ limit: z.int().default(2), fail: z.string().default('') })
type Context<Item = unknown> = TaskContext<z.infer<typeof params>, Item>

export class Extract extends Task<z.infer<typeof params>> {
  static override secrets = ['api-key']
  async run({ params, run, log, secrets, heartbeat }: Context) {
    console.log('key is ' + (await secrets.get('api-key')))
    log.info('extracting for ' + run.logicalDate.toISOString())
    heartbeat({ done: params.limit, unit: 'rows' })
    return Array.from({ length: params.limit }, (_, at) => at)
  }
}
export class Load extends Task<z.infer<typeof params>, number> {
  async run({ item, params, log }: Context<number>) {
    for (let line = 0; line < 30; line++) log.info('line ' + line)
    if (params.fail === 'load' && item === 1) throw new DataError('ROW_BAD', { message: 'Row 1 is bad.' })
    return item * 2
  }
}
export class Report extends Task<z.infer<typeof params>> {
  async run({ outputs, params }: Context) {
    if (params.fail === 'report') throw new Error('No paper.')
    await writeFile('report.txt', JSON.stringify(await outputs(Load)))
  }
}
export class Wait extends Task {
  run({ signal, log }: TaskContext) {
    log.info('waiting')
    return new Promise<void>((_, reject) => {
      const beat = setInterval(() => {}, 1000)
      signal.addEventListener('abort', () => {
        clearInterval(beat)
        reject(signal.reason)
      })
    })
  }
}
export const daily = new Workflow({ category: 'shop', name: 'daily', params, schedule: '0 6 * * *', timezone: 'Europe/Berlin' })
  .addNode(Extract)
  .addNode(Load, { mapOver: Extract })
  .addNode(Report, { upstreams: Load })
export const slow = new Workflow({ category: 'shop', name: 'slow' }).addNode(Wait)
export const sql = new Workflow({ category: 'shop', name: 'sql' })
  .addNode(new SqlOperator({ connection: 'lake', sql: 'create table made (x int)' }), { id: 'make' })
`

const env = { MILLRACE_SECRET_API_KEY: 'hunter2hunter2' }

async function project(): Promise<
  WorkflowPackage & { run(args: readonly string[], options?: Partial<RunOptions>): ReturnType<typeof runCommand> }
> {
  const made = await workflowPackage({ 'package.json': packageJson, 'workflows/shop.ts': shop })
  await made.write('millrace.yaml', 'connections:\n  lake: duckdb:lake.duckdb\n')
  return { ...made, run: (args, options) => runCommand(['run', ...args], { cwd: made.folder, env, ...options }) }
}

it('the example runs on a fresh clone', async () => {
  const root = fileURLToPath(new URL('../../../', import.meta.url))
  const done = await runCommand(['run', 'examples/flights', '--param', 'day=2001-01-03', '--param', 'airports=1'], {
    cwd: root,
  })
  expect(done.code, done.err).toBe(0)
  expect(done.out.toString()).toMatch(/Run succeeded in .*: 5 succeeded\.\n$/)
})

it('runs a workflow by its name, with its parameters typed, and tells line by line', async () => {
  await using shop = await project()
  const done = await shop.run(['daily', '--param', 'limit=3', '--date', '2026-07-31T06:00'])

  expect(done.code, done.err).toBe(0)
  const out = done.out.toString().replaceAll(/^\d\d:\d\d:\d\d/gm, 'TIME')
  expect(out).toContain('TIME  Extract | extracting for 2026-07-31T04:00:00.000Z\n')
  // What a task prints is in its log, and no secret is.
  expect(out).toContain('TIME  Extract | key is ***\n')
  expect(out).toContain('TIME  Load[2] | line 29\n')
  expect(out).toMatch(/Run succeeded in [\d.]+ s: 3 succeeded; items: 3 succeeded\.\n$/)
  expect(await readFile(join(shop.folder, 'report.txt'), 'utf8')).toBe('[0,2,4]')
})

it('says of a failure what, where, the end of its log, and how to run only that again', async () => {
  await using shop = await project()
  const failed = await shop.run(['.', '--workflow', 'shop_daily', '--param', 'fail=load', '--date', '2026-07-31'])

  // As other commands end for data that does not fit.
  expect(failed.code).toBe(4)
  expect(failed.err).toContain('error: Load[1] failed: Row 1 is bad. [ROW_BAD]\n  at workflows/shop.ts:')
  expect(failed.err).toMatch(/ {4}\d\d:\d\d:\d\d {2}line 29\n/)
  expect(failed.err).not.toContain('line 9\n')
  expect(failed.err).toContain(
    'Run only this again: millrace run . --workflow shop_daily --param fail=load --date 2026-07-31 --only Load\n',
  )
  expect(failed.out.toString()).toContain('Run failed in')
  expect(failed.out.toString()).toContain('1 succeeded, 1 failed, 1 not run; items: 1 succeeded, 1 failed.')

  // With the outputs of the run before, and its parameters but for those that are given.
  const again = await shop.run(['daily', '--only', 'Load', '--only', 'Report', '--param', 'fail='])
  expect(again.code, again.err).toBe(0)
  expect(again.out.toString()).toContain('Outputs of other tasks are those of the run for 2026-07-30T22:00:00.000Z.')
  expect(again.out.toString()).toContain(': 2 succeeded; items: 2 succeeded.')
  expect(await readFile(join(shop.folder, 'report.txt'), 'utf8')).toBe('[0,2]')
})

it('ends with 1 for an error of the task itself', async () => {
  await using shop = await project()
  const failed = await shop.run(['workflows/shop.ts', '--workflow', 'daily', '--param', 'fail=report'])
  expect(failed).toMatchObject({
    code: 1,
    err: expect.stringContaining('error: Report failed: No paper. [TASK_FAILED]'),
  })
})

it('gives events as JSON, and nothing else, on standard output', async () => {
  await using shop = await project()
  const done = await shop.run(['daily', '--json'])
  const events = done.out
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

  expect(events[0]).toMatchObject({ type: 'run', workflow: 'shop_daily', state: 'running' })
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'progress', node: 'Extract', progress: { done: 2, unit: 'rows' } }),
  )
  expect(events).toContainEqual(
    expect.objectContaining({
      type: 'log',
      node: 'Extract',
      entry: expect.objectContaining({ source: 'stdout', text: 'key is ***' }),
    }),
  )
  expect(events.at(-1)).toMatchObject({ type: 'done', state: 'success', exitCode: 0, params: { limit: 2, fail: '' } })
  expect(done.err).toBe('')
})

it('resolves paths of millrace.yaml from its folder, wherever the command is', async () => {
  await using shop = await project()
  const done = await shop.run([shop.folder, '--workflow', 'sql'], { cwd: '/' })
  expect(done.code, done.err).toBe(0)
  expect((await readFile(join(shop.folder, 'lake.duckdb'))).length).toBeGreaterThan(0)
})

it('warns of connections and secrets that are not there before anything runs', async () => {
  await using shop = await project()
  await shop.write('millrace.yaml', 'connections:\n  lak: duckdb:lake.duckdb\n')
  const done = await shop.run(['sql'])
  expect(done.code).toBe(2)
  expect(done.out.toString().split('\n')[0]).toContain(
    'warning: make: There is no connection "lake". Did you mean "lak"? Define it in ',
  )
  expect(done.err).toContain('[CONNECTION_UNKNOWN]')
  const without = await shop.run(['daily'], { env: {} })
  expect(without.out.toString()).toContain('There is no secret "api-key". Set MILLRACE_SECRET_API_KEY to its value.')
})

it.each([
  ['a name that is almost right', ['dayly'], 'has no workflow "dayly". Did you mean "daily"?'],
  ['a choice that was not made', ['.'], 'has 3 workflows: shop_daily (daily), shop_slow (slow), shop_sql (sql).'],
  ['a file that is not there', ['workflows/none.ts'], 'workflows/none.ts does not exist.'],
  ['a file that is no module', ['millrace.yaml'], 'is no module.'],
  ['an unknown parameter', ['daily', '--param', 'limt=3'], 'has no parameter "limt". Did you mean "limit"?'],
  [
    'a parameter of the wrong type',
    ['daily', '--param', 'limit=many'],
    'Parameter "limit" of workflow "shop_daily" does not fit',
  ],
  ['a date that is none', ['daily', '--date', 'yesterday'], '"yesterday" is no date.'],
  ['a task that there is not', ['daily', '--only', 'Lod'], 'Did you mean "Load"?'],
  ['no room for tasks', ['daily', '--concurrency', '0'], 'It must be a whole number from 1 on.'],
])('refuses %s', async (_, args, message) => {
  await using shop = await project()
  expect(await shop.run(args)).toMatchObject({ code: 2, err: expect.stringContaining(message) })
})

it('names the module that cannot be imported, and why', async () => {
  await using shop = await project()
  await shop.write('workflows/broken.ts', "import { x } from './nowhere.ts'\nexport const y = x\n")
  const other = await shop.run(['daily'])
  expect(other.code, other.err).toBe(0)
  expect(other.out.toString()).toMatch(/^warning: workflows\/broken\.ts: It cannot be imported: .*nowhere\.ts/)
  expect(await shop.run(['workflows/broken.ts'])).toMatchObject({
    code: 2,
    err: expect.stringMatching(/workflows\/broken\.ts cannot be imported: .*nowhere\.ts.*\[WORKFLOW_LOAD_FAILED\]/),
  })
})

it('stops its tasks on Ctrl-C, and says so', async () => {
  await using shop = await project()
  const stopped = await shop.run(['slow'], {
    onSpawn: (child) => {
      child.stdout?.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('waiting')) child.kill('SIGINT')
      })
    },
  })
  expect(stopped.code).toBe(130)
  expect(stopped.out.toString()).toMatch(/Wait cancelled in .*\nRun cancelled in .*: 1 cancelled\.\n$/s)
})
