import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { BranchTask, Operator, Task } from '../../task.ts'
import type { Workflow as AnyWorkflow } from '../../workflow.ts'
import { Workflow } from '../../workflow.ts'
import { airflowTarget } from './airflow-target.ts'

class Extract extends Task {
  run() {
    return [1, 2]
  }
}
class Load extends Extract {}
class Report extends Extract {}
class Choose extends BranchTask {
  choose() {
    return 'Load'
  }
}
class Named extends Operator<{ text: string }> {
  readonly operator: string
  constructor(config: { text: string }, operator = 'sql') {
    super(config)
    this.operator = operator
  }
  run() {}
}

const identity = { category: 'flights', name: 'daily', version: '1.0' } as const
const origin = {
  source: { module: 'src/flights.ts', export: 'daily' },
  package: { name: 'flights', version: '1.0.0', sha256: 'ab'.repeat(32) },
}
// biome-ignore lint/suspicious/noExplicitAny: workflows of any parameters
const manifestOf = (workflow: AnyWorkflow<any>) => workflow.toManifest(origin)
// biome-ignore lint/suspicious/noExplicitAny: workflows of any parameters
const translate = (...workflows: AnyWorkflow<any>[]) =>
  airflowTarget(workflows.map(manifestOf), { archive: 'flights-abab.zip' })
// biome-ignore lint/suspicious/noExplicitAny: workflows of any parameters
const dagOf = (workflow: AnyWorkflow<any>) => translate(workflow).files[0]?.content ?? ''
// biome-ignore lint/suspicious/noExplicitAny: workflows of any parameters
const refusal = (workflow: AnyWorkflow<any>) => {
  try {
    translate(workflow)
  } catch (error) {
    return error as { code: string; message: string }
  }
  throw new Error('It was not refused.')
}

/** The arguments of one task, as they stand in the file. */
function taskIn(dag: string, id: string): string {
  const start = dag.indexOf(`tasks["${id}"] = `)
  return dag.slice(start, dag.indexOf('\n    tasks["', start + 1))
}

describe('airflowTarget', () => {
  it('K11: names the file by the versioned name', () => {
    const workflow = new Workflow({ input: 'test-data', output: 'valid', category: 'core', version: 'dev' })
    expect(translate(workflow.addNode(Extract)).files.map(({ path }) => path)).toEqual([
      'test-data_to_valid_core_dev.py',
      'pools.json',
    ])
  })

  it('K7: gives two versions two files, with DAGs of their own', () => {
    const { files } = translate(
      new Workflow(identity).addNode(Extract),
      new Workflow({ ...identity, version: '2.0' }).addNode(Extract),
    )
    expect(files.map(({ path }) => path)).toEqual(['flights_daily_1.0.py', 'flights_daily_2.0.py', 'pools.json'])
    expect(files[0]?.content).toContain('dag_id="flights_daily_1.0"')
    expect(files[1]?.content).toContain('dag_id="flights_daily_2.0"')
  })

  it('gives the same bytes every time, and says their hash', () => {
    const workflow = () => new Workflow(identity).addNode(Extract).addNode(Load, { upstreams: Extract })
    const dag = dagOf(workflow())
    expect(dagOf(workflow())).toBe(dag)
    const [, hash] = /^# Content sha256:(\w+)$/m.exec(dag) ?? []
    const body = dag.split('\n').slice(2).join('\n')
    expect(createHash('sha256').update(body).digest('hex')).toBe(hash)
  })

  it('uses stock operators and nothing of Millrace when it is read', () => {
    const imports = [...dagOf(everything()).matchAll(/^(?:from|import) (\S+)/gm)].map(([, name]) => name)
    for (const name of imports) {
      expect(name).toMatch(
        /^(json|logging|os|subprocess|datetime|pendulum|airflow\.sdk|airflow\.providers\.standard\..*)$/,
      )
    }
  })

  it('keeps retries in one layer, with delay, backoff and longest delay', () => {
    const options = { retries: 3, retryDelaySeconds: 30, retryBackoff: 2, retryMaxDelaySeconds: 600 }
    const task = taskIn(dagOf(new Workflow(identity).addNode(Extract, options)), 'Extract')
    expect(task).toContain('retries=3,')
    expect(task).toContain('retry_delay=timedelta(seconds=30),')
    expect(task).toContain('retry_exponential_backoff=2,')
    expect(task).toContain('max_retry_delay=timedelta(seconds=600),')
    expect(taskIn(dagOf(new Workflow(identity).addNode(Extract)), 'Extract')).toContain('retries=0,')
  })

  it('carries over pool, slots, priority, queue, time limit and trigger rule', () => {
    const dag = dagOf(
      new Workflow(identity).addNode(Extract, {
        ...{ pool: 'warehouse', poolSlots: 2, priority: 7, queue: 'high_memory', triggerRule: 'all_done' },
        timeouts: { startToCloseSeconds: 90 },
      }),
    )
    const task = taskIn(dag, 'Extract')
    for (const argument of [
      ...['pool="warehouse"', 'pool_slots=2', 'priority_weight=7', 'queue="high_memory"', 'trigger_rule="all_done"'],
      'execution_timeout=timedelta(seconds=90)',
    ]) {
      expect(task).toContain(`${argument},`)
    }
    expect(dag).toContain('"weight_rule": "absolute"')
  })

  it('writes spacers as EmptyOperator and groups as TaskGroup', () => {
    const workflow = new Workflow(identity)
      .addNode(Extract)
      .addSpacer('between', { upstreams: Extract })
      .group('outer', { title: 'All "loads"', upstreams: 'between' }, (outer) =>
        outer.group('inner', {}, (inner) => inner.addNode(Load)),
      )
    const dag = dagOf(workflow)
    expect(dag).toContain('groups["outer"] = TaskGroup(group_id="outer", tooltip="All \\"loads\\"")')
    expect(dag).toContain('groups["outer.inner"] = TaskGroup(group_id="inner", parent_group=groups["outer"])')
    expect(taskIn(dag, 'between')).toContain('EmptyOperator(')
    expect(taskIn(dag, 'outer.inner.Load')).toContain('task_id="Load",')
    expect(taskIn(dag, 'outer.inner.Load')).toContain('task_group=groups["outer.inner"],')
    expect(dag).toContain('tasks["between"] >> tasks["outer.inner.Load"]')
  })

  it('hands parameters over by the environment, and never in the shell line', () => {
    const hostile = '"; rm -rf / #{{ 7*7 }}{% raw %}\n.sh'
    const params = z.object({ note: z.string().default(hostile), limit: z.int().min(1).optional() })
    const dag = dagOf(new Workflow({ ...identity, params, schedule: '@daily' }).addNode(Extract))
    const command = /COMMAND = r"""(.*?)"""/s.exec(dag)?.[1] ?? ''
    expect(command).not.toContain('rm -rf /')
    expect(command).not.toMatch(/\{[{%#]/)
    expect(dag).toContain('Param("\\"; rm -rf / #{{ 7*7 }}{% raw %}\\n.sh", schema={"type": "string"})')
    expect(dag).toContain('"limit": Param(None, schema={"anyOf": [{"type": "null"}, {"')
    expect(dag).toContain('PARAMS_LEFT_OUT_WHEN_NULL = ["limit"]')
  })

  it('carries over schedule, time zone, dates, catchup, runs at a time and the limit of a run', () => {
    const dag = dagOf(
      new Workflow({
        ...identity,
        ...{ schedule: '30 2 * * *', timezone: 'Europe/Berlin', catchup: 'all', maxActiveRuns: 2 },
        ...{ start: '2026-01-01', end: '2027-01-01', runTimeoutSeconds: 3600 },
      }).addNode(Extract),
    )
    for (const line of [
      ...['TIMEZONE = "Europe/Berlin"', '    schedule="30 2 * * *",', '    catchup=True,', '    max_active_runs=2,'],
      ...['    dagrun_timeout=timedelta(seconds=3600),', '"cron": "30 2 * * *"'],
    ]) {
      expect(dag).toContain(line)
    }
    expect(dag).toMatch(/start_date=pendulum\.parse\("2026-01-01[^"]*", tz=TIMEZONE\)/)
    expect(dag).toMatch(/end_date=pendulum\.parse\("2027-01-01[^"]*", tz=TIMEZONE\)/)
    expect(dagOf(new Workflow(identity).addNode(Extract))).toContain('    schedule=None,')
  })

  it('acts on the choice of a branch in a task of its own', () => {
    const dag = dagOf(
      new Workflow(identity)
        .addNode(Choose)
        .addNode(Load, { upstreams: Choose })
        .addNode(Report, { upstreams: Choose }),
    )
    expect(dag).toContain('tasks["Choose.branch"] = BranchPythonOperator(')
    expect(dag).toContain('tasks["Choose"] >> tasks["Choose.branch"]')
    expect(dag).toContain('tasks["Choose.branch"] >> tasks["Load"]')
    expect(dag).not.toContain('tasks["Choose"] >> tasks["Load"]')
  })

  it('maps a task over the output of another, and never splices an item', () => {
    const dag = dagOf(new Workflow(identity).addNode(Extract).addNode(Load, { mapOver: Extract }))
    expect(taskIn(dag, 'Load')).toContain('BashOperator.partial(')
    expect(taskIn(dag, 'Load')).toContain(').expand(bash_command=tasks["Extract"].output.map(command_for))')
  })

  it('frees the worker while a sensor waits', () => {
    const waiting = new Named({ text: '{{ ds }}.sh' }, 'http_sensor')
    const dag = dagOf(new Workflow(identity).addNode(waiting, { id: 'wait' }))
    expect(taskIn(dag, 'wait')).toMatch(/PythonSensor\(.*mode="reschedule"/s)
  })

  it('watches for failures only where a run could succeed in spite of one', () => {
    const plain = new Workflow(identity)
      .addNode(Extract)
      .addNode(Load, { upstreams: Extract, triggerRule: 'none_failed' })
    expect(dagOf(plain)).not.toContain('"one_failed"')
    const forgiving = new Workflow(identity)
      .addNode(Extract)
      .addNode(Load, { upstreams: Extract })
      .addNode(Report, { upstreams: Load, triggerRule: 'all_done' })
    const dag = dagOf(forgiving)
    expect(taskIn(dag, 'any_failed')).toContain('trigger_rule="one_failed"')
    expect(dag).toContain('tasks["Load"] >> tasks["any_failed"]')
  })

  it('lists the pools it needs beside those that were known', () => {
    const workflow = new Workflow(identity)
      .addNode(Extract, { pool: 'db', poolSlots: 2 })
      .addNode(Load, { upstreams: Extract, pool: 'api' })
    const { files } = airflowTarget([manifestOf(workflow)], {
      archive: 'flights.zip',
      pools: { api: 8 },
      knownPools: { other: { slots: 3, description: 'Kept', include_deferred: true } },
    })
    expect(JSON.parse(files.find(({ path }) => path === 'pools.json')?.content ?? '')).toEqual({
      api: { slots: 8, description: '', include_deferred: false },
      db: { slots: 2, description: '', include_deferred: false },
      other: { slots: 3, description: 'Kept', include_deferred: true },
    })
  })

  it('finds the package beside the file, or where it is told', () => {
    const workflow = new Workflow(identity).addNode(Extract)
    expect(dagOf(workflow)).toContain('"packages", "flights-abab.zip")')
    const { files } = airflowTarget([manifestOf(workflow)], {
      archive: 'flights-abab.zip',
      packageLocation: 'https://packages.example.com/millrace/',
    })
    expect(files[0]?.content).toContain('PACKAGE = "https://packages.example.com/millrace/flights-abab.zip"')
  })

  it('says what Airflow cannot do', () => {
    const { notes } = translate(
      new Workflow(identity).addNode(Extract, {
        concurrencyKey: '{{ params.customer }}',
        resources: { memoryMb: 512 },
      }),
    )
    expect(notes).toEqual([
      'flights_daily: Airflow has no concurrencyKey; use a pool (Extract).',
      'flights_daily: Airflow sets no memory limit for a command (Extract).',
    ])
  })

  it.each([
    [
      'AIRFLOW_PARAM_WITHOUT_DEFAULT',
      new Workflow({ ...identity, schedule: '@daily', params: z.object({ day: z.string() }) }).addNode(Extract),
      /"day"/,
    ],
    [
      'AIRFLOW_CATCHUP_WITHOUT_START',
      new Workflow({ ...identity, schedule: '@daily', catchup: 'all' }).addNode(Extract),
      /start/,
    ],
    [
      'AIRFLOW_OPERATOR_UNKNOWN',
      new Workflow(identity).addNode(new Named({ text: '' }, 'link'), { id: 'next' }),
      /"next"/,
    ],
    [
      'AIRFLOW_NODE_TOO_LARGE',
      new Workflow(identity).addNode(new Named({ text: 'x'.repeat(130_000) }), { id: 'ask' }),
      /"ask".*130,.* bytes/,
    ],
    ['AIRFLOW_TAG_TOO_LONG', new Workflow({ ...identity, tags: ['x'.repeat(101)] }).addNode(Extract), /101 characters/],
  ])('refuses with %s what Airflow would refuse or run wrongly', (code, workflow, text) => {
    const error = refusal(workflow as AnyWorkflow<never>)
    expect(error.code).toBe(code)
    expect(error.message).toMatch(text)
  })

  it('shows all problems at once', () => {
    const workflow = new Workflow({
      ...{ ...identity, schedule: '@daily', catchup: 'all', tags: ['x'.repeat(101)] },
      params: z.object({ day: z.string() }),
    })
    const error = refusal(workflow.addNode(Extract))
    expect(error.code).toBe('AIRFLOW_PROBLEMS')
    expect(error.message.split('\n')).toHaveLength(3)
  })

  it('is Python that compiles', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-python-'))
    try {
      const path = join(folder, 'dag.py')
      await writeFile(path, dagOf(everything()))
      await promisify(execFile)('python3', ['-c', `import ast, sys; ast.parse(open(sys.argv[1]).read())`, path])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})

function everything() {
  const nasty = 'line\nbreak "quotes" \'\'\' """ \\ \u2028 \u202e {{ x }} é 😀 \ud800'
  return new Workflow({
    ...{ ...identity, title: nasty, description: `${nasty}.md`, owner: nasty, tags: ['a"b'] },
    ...{ schedule: '@daily', params: z.object({ [nasty]: z.string().default(nasty) }) },
  })
    .addNode(Extract, { pool: nasty, retries: 1 })
    .addSpacer('between', { upstreams: Extract })
    .addNode(new Named({ text: nasty }, 'sql_sensor'), { id: 'wait', upstreams: 'between' })
    .addNode(Choose, { upstreams: 'wait' })
    .group('group', { title: nasty, upstreams: Choose }, (group) => group.addNode(Load, { mapOver: Extract }))
    .addNode(Report, { upstreams: 'group', triggerRule: 'all_done' })
}
