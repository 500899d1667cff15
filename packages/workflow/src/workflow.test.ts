import { isMillraceError } from '@millrace/core'
import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import { BranchTask, isWorkflow, Operator, Task, type TaskContext, Workflow, z } from './index.ts'

class A extends Task {
  run() {
    return [{ id: 1 }, { id: 2 }]
  }
}
class B extends Task {
  run() {
    return { rows: 3 }
  }
}
class C extends Task {
  run() {}
}
class D extends Task {
  run() {}
}

const daily = () => new Workflow({ category: 'flights', name: 'daily' })

function codeOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (isMillraceError(error)) return error.code
    throw error
  }
  return 'no error'
}

describe('names', () => {
  it('K3: refuses a name of 101 characters', () => {
    expect(() => new Workflow({ category: 'a'.repeat(50), name: 'b'.repeat(50) })).toThrow(
      /has 101 characters; at most 100/,
    )
    expect(new Workflow({ category: 'a'.repeat(50), name: 'b'.repeat(49) }).name).toHaveLength(100)
  })

  it('K4: refuses Invalid*dag*name', () => {
    expect(() => new Workflow({ category: 'x', name: 'Invalid*dag*name' })).toThrow(
      '"x_Invalid*dag*name" cannot be the name of a workflow. Use letters, digits, ".", "_" and "-" only.',
    )
    expect(codeOf(() => new Workflow({ category: 'x', name: 'y', version: '1 0' }))).toBe('WORKFLOW_VERSION_INVALID')
  })

  it('K11: test-data_to_valid_core, version dev, gives test-data_to_valid_core_dev', () => {
    vi.stubEnv('BUILD_VERSION', '')
    const workflow = new Workflow({ input: 'test-data', output: 'valid', category: 'core' })
    expect(`${workflow.versionedName}.py`).toBe('test-data_to_valid_core_dev.py')
    expect(workflow.tags).toEqual(['dev', 'test-data', 'valid', 'core'])
    vi.unstubAllEnvs()
  })

  it('takes the version of the environment, and the names of either guide', () => {
    vi.stubEnv('BUILD_VERSION', '7.1')
    expect(daily().versionedName).toBe('flights_daily_7.1')
    vi.unstubAllEnvs()
    const names = [
      new Workflow({
        process_category: 'flights',
        process_name: 'daily',
        workflow_package: 'air',
        workflow_version: '1',
      }),
      new Workflow({ processCategory: 'flights', processName: 'daily', workflowVersion: '1' }),
      new Workflow({ input_data: 'a', output_data: 'b', category: 'c', detail: 'd', workflow_version: '1' }),
      new Workflow({ inputData: 'a', outputData: 'b', category: 'c', workflowVersion: '1' }),
    ].map(({ versionedName }) => versionedName)
    expect(names).toEqual(['flights_daily_1', 'flights_daily_1', 'a_to_b_c_d_1', 'a_to_b_c_1'])
  })

  it('has every tag once', () => {
    const workflow = new Workflow({ category: 'flights', name: 'daily', version: '1', tags: ['x', 'flights', 'x'] })
    expect(workflow.tags).toEqual(['x', 'flights', '1'])
  })
})

describe('graph', () => {
  it('K1: A → [B, C] → D has four nodes, the right upstreams and a topological order', () => {
    const workflow = daily()
      .addNode(A)
      .addNode(B, { upstreams: A })
      .addNode(C, { upstreams: ['A'] })
      .addNode(D, { upstreams: [B, C] })
    const { nodes } = workflow.toManifest()
    expect(nodes.map(({ id, upstreams }) => [id, upstreams])).toEqual([
      ['A', []],
      ['B', ['A']],
      ['C', ['A']],
      ['D', ['B', 'C']],
    ])
  })

  it('K2: refuses a cycle when its edge is added, naming the way round, and keeps the graph as it was', () => {
    const workflow = daily().addNode(A).addNode(B, { upstreams: A }).addNode(C, { upstreams: B })
    expect(() => workflow.addEdge(C, A)).toThrow(
      'Node "A" cannot come after "C": that would make the cycle A → B → C → A.',
    )
    expect(() => workflow.addEdge(A, A)).toThrow('the cycle A → A')
    expect(codeOf(() => workflow.addNode(A))).toBe('NODE_ID_TAKEN')
    expect(workflow.toManifest().nodes.map(({ id }) => id)).toEqual(['A', 'B', 'C'])
  })

  it('K5: refuses what is no task as a task, as an upstream and as a member of a list', () => {
    class NoTask {
      run() {}
    }
    const workflow = daily().addNode(A)
    const wrong = NoTask as never
    expect(codeOf(() => workflow.addNode(wrong))).toBe('TASK_INVALID')
    expect(codeOf(() => workflow.addNode(B, { upstreams: wrong }))).toBe('TASK_INVALID')
    expect(codeOf(() => workflow.addNode(B, { upstreams: [A, wrong] }))).toBe('TASK_INVALID')
    expect(() => workflow.addNode(wrong)).toThrow('NoTask is no task: only a class that extends Task')
    expect(workflow.graph.size).toBe(1)
  })

  it('K8: refuses a workflow without nodes', () => {
    expect(() => daily().validate()).toThrow('It has no nodes. Add its tasks with addNode.')
  })

  it('names an upstream that is not there, with the closest name', () => {
    const workflow = daily().addNode(A, { id: 'extract' })
    expect(() => workflow.addNode(B, { upstreams: 'extarct' })).toThrow(
      'Node "B" names "extarct", which is not a node of the workflow. Did you mean "extract"?',
    )
    expect(() => workflow.addNode(B, { upstreams: C })).toThrow('There are: extract.')
  })

  it('R9: takes an upstream that is named twice for one', () => {
    const workflow = daily()
      .addNode(A)
      .addNode(B, { upstreams: [A, 'A', A] })
    workflow.addEdge(A, B)
    expect(workflow.toManifest().nodes.map(({ upstreams }) => upstreams)).toEqual([[], ['A']])
  })

  it('names both nodes of a class that was added twice', () => {
    const workflow = daily().addNode(A, { id: 'one' }).addNode(A, { id: 'two' })
    expect(() => workflow.addNode(B, { upstreams: A })).toThrow(
      'Node "B" names A, which stands for more than one node: one, two. Name the one you mean by its id.',
    )
  })

  it('tells a wide ladder from a cycle in no time', () => {
    const workflow = daily().addNode(A, { id: 'n0-0' })
    for (let layer = 1; layer <= 60; layer++) {
      const upstreams = layer === 1 ? ['n0-0'] : [0, 1, 2].map((at) => `n${layer - 1}-${at}`)
      for (const at of [0, 1, 2]) workflow.addNode(A, { id: `n${layer}-${at}`, upstreams })
    }
    expect(codeOf(() => workflow.addEdge('n60-0', 'n0-0'))).toBe('WORKFLOW_CYCLE')
  })
})

describe('groups', () => {
  it('prefixes ids, looks references up in the group first, and stands for its last nodes', () => {
    const workflow = daily().addNode(A, { id: 'begin' })
    for (const table of ['orders', 'items']) {
      workflow.group(table, { title: `Table ${table}`, upstreams: 'begin' }, (group) =>
        group
          .addNode(A)
          .addNode(B, { upstreams: A })
          .group('checks', (checks) => checks.addNode(C, { upstreams: [B, 'begin'] })),
      )
    }
    workflow.addNode(D, { upstreams: ['orders', 'items'] })
    const manifest = workflow.toManifest()
    const upstreams = Object.fromEntries(manifest.nodes.map(({ id, upstreams }) => [id, upstreams]))
    expect(upstreams).toEqual({
      begin: [],
      'orders.A': ['begin'],
      'orders.B': ['orders.A'],
      'orders.checks.C': ['orders.B', 'begin'],
      'items.A': ['begin'],
      'items.B': ['items.A'],
      'items.checks.C': ['items.B', 'begin'],
      D: ['orders.checks.C', 'items.checks.C'],
    })
    expect(manifest.groups).toContainEqual({ id: 'orders.checks', title: null, parent: 'orders' })
    expect(codeOf(() => workflow.group('empty', () => {}))).toBe('GROUP_EMPTY')
    workflow.addNode(B, { group: 'orders', id: 'late', upstreams: A })
    expect(workflow.graph.upstreams('orders.late')).toEqual(['orders.A'])
  })

  it('joins groups by a spacer', () => {
    const workflow = daily()
      .addNode(A)
      .addNode(B)
      .addSpacer('join', { upstreams: [A, B] })
      .addNode(C, { upstreams: 'join' })
    const join = workflow.toManifest().nodes.find(({ id }) => id === 'join')
    expect(join).toMatchObject({ kind: 'spacer', upstreams: ['A', 'B'], operator: null })
  })
})

describe('parts of other workflows', () => {
  const child = new Workflow({
    category: 'load',
    name: 'table',
    params: z.object({ table: z.string(), limit: z.number().default(10), day: z.iso.date().optional() }),
  })
    .addNode(A)
    .addNode(B, { upstreams: A })

  it('are added as a group whose parameters come from the outer one, a fixed value or a default', () => {
    const workflow = new Workflow({
      category: 'x',
      name: 'y',
      params: z.object({ source: z.string(), day: z.iso.date() }),
    })
      .addNode(C)
      .addWorkflow(child, { id: 'orders', upstreams: C, params: { table: { param: 'source' } } })
      .addWorkflow(child, { id: 'items', params: { table: { value: 'items' }, limit: { value: 5 } } })
      .addNode(D, { upstreams: 'orders' })
    const { nodes } = workflow.toManifest()
    expect(nodes.find(({ id }) => id === 'orders.A')).toMatchObject({
      upstreams: ['C'],
      params: { table: { param: 'source' }, limit: { value: 10 }, day: { param: 'day' } },
    })
    expect(nodes.find(({ id }) => id === 'items.B')?.params).toEqual({
      table: { value: 'items' },
      limit: { value: 5 },
      day: { param: 'day' },
    })
    expect(nodes.find(({ id }) => id === 'D')?.upstreams).toEqual(['orders.B'])
  })

  it('are refused when a parameter has no source, or a wrong one', () => {
    const outer = () => new Workflow({ category: 'x', name: 'y', params: z.object({ n: z.number() }) })
    expect(() => outer().addWorkflow(child)).toThrow(
      'Workflow "load_table" needs parameter "table", which the outer workflow does not have.',
    )
    expect(() => outer().addWorkflow(child, { params: { table: { param: 'm' as 'n' } } })).toThrow(
      'The outer workflow has no parameter "m". Did you mean "n"?',
    )
    expect(codeOf(() => outer().addWorkflow(child, { params: { table: { value: 1 as never } } }))).toBe('PARAM_INVALID')
  })
})

describe('manifest', () => {
  class Query extends Operator<{ connection: string; sql: string }> {
    readonly operator = 'sql'
    override get connections() {
      return [this.config.connection]
    }
    run() {}
  }

  it('holds everything about the version, and nothing of the package when all nodes are operators', () => {
    const workflow = new Workflow({
      category: 'flights',
      name: 'daily',
      version: '2',
      schedule: '0 6 * * *',
      timezone: 'Europe/Berlin',
      catchup: { policy: 'all', limit: 7 },
      start: '2026-01-01',
      params: z.object({ day: z.iso.date().default('2026-01-31') }),
      defaults: { retries: 2, timeouts: { heartbeatSeconds: 30 } },
    }).addNode(new Query({ connection: 'lake', sql: "select '{{ dt }}'" }), { id: 'count', pool: 'db' })
    const source = { module: 'src/flights.ts', export: 'daily' }
    const manifest = workflow.toManifest({ source, package: { name: 'p', version: '1', sha256: 'f' } })
    expect(manifest).toMatchObject({
      format: 1,
      name: 'flights_daily',
      schedule: {
        cron: '0 6 * * *',
        timezone: 'Europe/Berlin',
        catchup: { policy: 'all', limit: 7 },
        start: '2026-01-01T00:00:00.000Z',
        end: null,
      },
      params: { properties: { day: { type: 'string', format: 'date', default: '2026-01-31' } } },
      source: null,
      package: null,
    })
    expect(manifest.nodes[0]).toMatchObject({
      operator: { name: 'sql', config: { connection: 'lake', sql: "select '{{ dt }}'" } },
      connections: ['lake'],
      options: { retries: 2, pool: 'db', timeouts: { heartbeatSeconds: 30, startToCloseSeconds: null } },
    })
    expect(workflow.addNode(A).toManifest({ source, package: null }).source).toEqual(source)
    expect(JSON.parse(JSON.stringify(workflow.toManifest()))).toEqual(workflow.toManifest())
  })

  it('lays options of the node over those of the class over those of the workflow', () => {
    class Tuned extends Task {
      static override retries = 3
      static override options = { queue: 'high_memory', priority: 1 }
      run() {}
    }
    const workflow = new Workflow({ category: 'a', name: 'b', defaults: { retries: 1, priority: 9, pool: 'p' } })
    workflow.addNode(Tuned, { priority: 2 }).addNode(A)
    expect(workflow.graph.find('Tuned')?.options).toMatchObject({
      retries: 3,
      queue: 'high_memory',
      priority: 2,
      pool: 'p',
    })
    expect(workflow.graph.find('A')?.options).toMatchObject({ retries: 1, queue: 'default', priority: 9 })
  })

  it('refuses options that do not exist or do not hold, naming the node', () => {
    expect(() => daily().addNode(A, { retires: 1 } as never)).toThrow(
      'Node "A" has no option retires. Did you mean retries?',
    )
    expect(() => daily().addNode(A, { retries: -1 })).toThrow(
      'Option retries of node "A" is -1; it has to be a whole number from 0 on.',
    )
    expect(codeOf(() => daily().addNode(A, { timeouts: { heartbeatSeconds: 0 } }))).toBe('TASK_OPTION_INVALID')
    expect(codeOf(() => daily().addNode(A, { triggerRule: 'sometimes' as never }))).toBe('TASK_OPTION_INVALID')
  })

  it('says everything that is wrong at once', () => {
    const workflow = new Workflow({
      category: 'a',
      name: 'b',
      schedule: '61 * * * *',
      params: z.object({ when: z.date() }),
      end: 'soon',
      maxActiveRuns: 0,
    })
    expect(() => workflow.toManifest()).toThrow(
      /no nodes[\s\S]*parameters cannot[\s\S]*"61"[\s\S]*soon[\s\S]*maxActiveRuns/,
    )
  })

  it('takes no task for an operator because of its properties', () => {
    class Flight extends Task {
      readonly operator = 'Millrace Air'
      run() {}
    }
    expect(daily().addNode(new Flight()).toManifest().nodes[0]?.operator).toBeNull()
  })

  it('names the place of a template that cannot be read', () => {
    const workflow = daily()
      .addNode(new Query({ connection: 'lake', sql: 'select {{ dt' }), { id: 'count' })
      .addNode(A, { concurrencyKey: '{% if %}' })
    expect(() => workflow.validate()).toThrow(
      /Node "count", sql cannot be read[\s\S]*Node "A", option concurrencyKey cannot be read/,
    )
  })
})

describe('types', () => {
  it('carry the output of a task to its consumers, and its elements to the tasks mapped over it', () => {
    class PerItem extends Task<Readonly<Record<string, never>>, { id: number }> {
      async run({ item, output, outputs }: TaskContext<Readonly<Record<string, never>>, { id: number }>) {
        expectTypeOf(item).toEqualTypeOf<{ id: number }>()
        expectTypeOf(await output(A)).toEqualTypeOf<{ id: number }[]>()
        expectTypeOf(await output(B)).toEqualTypeOf<{ rows: number }>()
        expectTypeOf(await outputs(B)).toEqualTypeOf<readonly { rows: number }[]>()
        return item.id
      }
    }
    daily().addNode(A).addNode(PerItem, { mapOver: A })
    daily().addNode(B).addNode(PerItem, {
      id: 'untyped',
      mapOver: 'B',
    })
    // @ts-expect-error the elements of its output are no such items
    daily().addNode(B).addNode(PerItem, { mapOver: B })
    // @ts-expect-error it is to be mapped
    daily().addNode(PerItem)
  })

  it('hold the parameters of a task against those of the workflow', () => {
    class ForDay extends Task<{ day: string }> {
      run({ params }: TaskContext<{ day: string }>) {
        expectTypeOf(params.day).toBeString()
      }
    }
    new Workflow({ category: 'a', name: 'b', params: z.object({ day: z.iso.date(), n: z.number().optional() }) })
      .addNode(ForDay)
      .addNode(A)
    const other = new Workflow({ category: 'a', name: 'b', params: z.object({ day: z.number() }) })
    // @ts-expect-error the parameter is of another type
    other.addNode(ForDay)
    class Choose extends BranchTask<{ day: string }> {
      choose({ params }: TaskContext<{ day: string }>) {
        return params.day === '' ? A : 'B'
      }
    }
    // @ts-expect-error the parameter is of another type
    other.addNode(Choose)
  })
})

it('takes tasks and workflows of a duplicate copy of the package for what they are', async () => {
  vi.resetModules()
  const copy = await import('./index.ts')
  expect(copy.Task).not.toBe(Task)
  class Foreign extends copy.Task {
    run() {
      throw new copy.SkipTask('nothing to do')
    }
  }
  const result = await daily().addNode(Foreign).test()
  expect(result.task(Foreign)).toMatchObject({ state: 'skipped', reason: 'nothing to do' })
  const foreign = new copy.Workflow({ category: 'a', name: 'b' }).addNode(A)
  expect(isWorkflow(foreign)).toBe(true)
  expect((await foreign.test()).state).toBe('success')
})
