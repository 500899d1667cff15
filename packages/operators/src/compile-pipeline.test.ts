import {
  type CreateOperator,
  compilePipeline,
  jobName,
  nextState,
  type PipelineRecord,
  type PipelineState,
  pipelineProblems,
  pipelineStates,
  previousState,
  type StateRecord,
  type TemplateRecord,
  type TransformationRecord,
} from '@millrace/pipelines'
import type { WorkflowManifest } from '@millrace/workflow'
import { expect, test } from 'vitest'
import { createOperator } from './registry.ts'

const create = createOperator as CreateOperator

const copy: TemplateRecord = {
  id: 'template-1',
  name: 'copy_sales',
  operator: 'sql',
  config: {
    connection: '{{ variables.connection }}',
    sql: "insert into {{ variables.table }} select * from raw where day = '{{ dt }}' and client = '{{ pipeline.client }}' limit {{ variables.limit }}",
    rowLimit: '{{ variables.limit }}',
    transaction: '{{ variables.at_once }}',
  },
  variableStructures: {
    connection: { datatype: 'str', description: '' },
    table: { datatype: 'varchar', description: '' },
    limit: { datatype: 'int', description: '' },
    at_once: { datatype: 'bool', description: '' },
  },
  state: null,
}
const values = { connection: 'warehouse', table: 'sales', limit: '10', at_once: '0' }

function transformation(id: string, rest: Partial<TransformationRecord> = {}): TransformationRecord {
  return { id, template: copy, graphOrder: 0, variables: values, ...rest }
}

function pipeline(states: readonly StateRecord[], rest: Partial<PipelineRecord> = {}): PipelineRecord {
  return {
    ...{
      id: 'pipeline-1',
      name: 'Daily',
      description: null,
      runFrequency: 'daily',
      client: 'Acme',
      brand: 'Wonder_Drug',
    },
    ...{ type: 'claims', segment: 'payer', states },
    ...rest,
  }
}

function compile(record: PipelineRecord): WorkflowManifest {
  return compilePipeline(record, { createOperator: create }).toManifest()
}

function codesOf(record: PipelineRecord): readonly string[] {
  return pipelineProblems(record, { createOperator: create }).map(({ code }) => code)
}

const inState = (state: PipelineState, ...transformations: TransformationRecord[]): StateRecord => ({
  ...{ state, graphOrder: 0 },
  transformations,
})

test('C3: previous(raw) = null, next(dimensional) = null, next(ingest) = master', () => {
  expect([previousState('raw'), nextState('dimensional'), nextState('ingest')]).toEqual([null, null, 'master'])
})

test('C4: extra and missing variables raise their errors', () => {
  const given = (variables: Record<string, string>) => pipeline([inState('raw', transformation('t1', { variables }))])
  const { table: _, ...without } = values
  expect(codesOf(given({ ...values, tabel: 'x' }))).toEqual(['EXTRA_TRANSFORMATION_VARIABLE'])
  expect(codesOf(given(without))).toEqual(['MISSING_TRANSFORMATION_VARIABLE'])
  expect(() => compile(given({ ...values, tabel: 'x' }))).toThrow(
    expect.objectContaining({
      code: 'EXTRA_TRANSFORMATION_VARIABLE',
      message: expect.stringContaining('has no variable "tabel". Did you mean "table"?'),
    }),
  )
  expect(() => compile(given({ ...without, more: '1', limit: 'ten' }))).toThrow(
    expect.objectContaining({
      code: 'PIPELINE_INVALID',
      details: {
        problems: [
          expect.objectContaining({ place: 'transformations.t1.variables.more' }),
          expect.objectContaining({ place: 'transformations.t1.variables.table' }),
          expect.objectContaining({ code: 'TRANSFORMATION_VARIABLE_INVALID' }),
        ],
      },
    }),
  )
})

test.each([
  ['int', ['7', '-7', '+7'], ['', '7.0', '1e3', '99999999999999999', ' 7']],
  ['double', ['7', '.5', '-1.5e3'], ['', 'NaN', '1,5', 'Infinity', '0x10']],
  ['datetime', ['2024-02-29 00:00:00'], ['2024-02-30 00:00:00', '2024-01-01', '2024-01-01 24:00:00', 'today']],
  ['bool', ['0', '1'], ['true', 'False', '', '2']],
  ['char', ['', ' any '], []],
] as const)('a %s takes %j and refuses %j', (datatype, taken, refused) => {
  const template = {
    ...copy,
    config: { connection: 'db', sql: 'select 1' },
    variableStructures: { x: { datatype, description: '' } },
  }
  const codes = (x: string) => codesOf(pipeline([inState('raw', transformation('t', { template, variables: { x } }))]))
  for (const text of taken) expect([text, codes(text)]).toEqual([text, []])
  for (const text of refused) expect([text, codes(text)]).toEqual([text, ['TRANSFORMATION_VARIABLE_INVALID']])
})

test('C5: 3 graph orders → 3 groups; every raw task precedes every ingest task; acyclic; N + G + 1 nodes', () => {
  const manifest = compile(
    pipeline([
      inState('ingest', transformation('i1', { graphOrder: 3 })),
      inState('raw', transformation('r3', { graphOrder: 5 }), transformation('r1'), transformation('r2')),
    ]),
  )
  expect(manifest.nodes.map(({ id, upstreams }) => [id, upstreams])).toEqual([
    ['run_event', []],
    ['raw_group_step_0', ['run_event']],
    ['daily_raw_copy_sales_r1', ['raw_group_step_0']],
    ['daily_raw_copy_sales_r2', ['raw_group_step_0']],
    ['raw_group_step_1', ['daily_raw_copy_sales_r1', 'daily_raw_copy_sales_r2']],
    ['daily_raw_copy_sales_r3', ['raw_group_step_1']],
    ['ingest_group_step_2', ['daily_raw_copy_sales_r3']],
    ['daily_ingest_copy_sales_i1', ['ingest_group_step_2']],
  ])
  expect(manifest).toMatchObject({
    ...{ name: 'Daily', title: 'Daily', tags: expect.arrayContaining(['Acme', 'Wonder_Drug', 'claims', 'payer']) },
    schedule: {
      cron: '@daily',
      timezone: 'UTC',
      catchup: { policy: 'none' },
      start: '2019-02-24T00:00:00.000Z',
      end: null,
    },
  })
  const tasks = manifest.nodes.filter(({ kind }) => kind === 'task')
  expect(tasks.map(({ options }) => [options.retries, options.retryDelaySeconds])).toEqual(tasks.map(() => [1, 300]))
})

test('C7: an empty state, and a state starting at order 1, do not break the chain', () => {
  const states = [
    inState('raw'),
    inState('ingest', transformation('a', { graphOrder: 1 })),
    inState('master'),
    inState('metrics', transformation('b', { graphOrder: 4 })),
  ]
  expect(compile(pipeline(states)).nodes.map(({ id, upstreams }) => [id, upstreams])).toEqual([
    ['run_event', []],
    ['ingest_group_step_0', ['run_event']],
    ['daily_ingest_copy_sales_a', ['ingest_group_step_0']],
    ['metrics_group_step_1', ['daily_ingest_copy_sales_a']],
    ['daily_metrics_copy_sales_b', ['metrics_group_step_1']],
  ])
})

test('C9: job name ≤ 128', () => {
  const short = { client: 'acme', brand: 'wonder', state: 'raw', dataset: 'sales' } as const
  expect(jobName(short)).toBe('acme_wonder_raw_sales')
  const long = jobName({ ...short, client: 'c'.repeat(80), dataset: 'd'.repeat(80) })
  expect(long).toHaveLength(128)
  expect(long.endsWith(`_wonder_raw_${'d'.repeat(80)}`)).toBe(true)
})

test('variables keep their types, what only the run knows stays a template, and connections are declared', () => {
  const node = compile(pipeline([inState('raw', transformation('t1'))])).nodes[2]
  expect(node?.operator).toEqual({
    name: 'sql',
    config: {
      connection: 'warehouse',
      sql: `{% set variables = params %}{% set pipeline = params.pipeline %}${copy.config.sql}`,
      rowLimit: 10,
      transaction: false,
    },
  })
  expect(node?.connections).toEqual(['warehouse'])
  expect(node?.params).toMatchObject({
    table: { value: 'sales' },
    limit: { value: 10 },
    transform_id: { value: 't1' },
    pipeline: { value: { name: 'Daily', client: 'Acme', brand: 'Wonder_Drug', state: 'raw', segment: 'payer' } },
  })
})

test('a value that looks like a template stays a value', () => {
  const template: TemplateRecord = {
    ...copy,
    operator: 'typescript',
    config: {
      code: 'export const run = (_, args) => args',
      args: { whole: '{{ variables.x }}', part: 'a {{ variables.x }}' },
    },
    variableStructures: { x: { datatype: 'str', description: '' } },
  }
  const x = "{{ var('password') }}"
  const [, , node] = compile(pipeline([inState('raw', transformation('t', { template, variables: { x } }))])).nodes
  expect(JSON.stringify(node?.operator)).not.toContain('password')
  expect(node?.params).toMatchObject({ x: { value: x } })
})

test('the version is a hash of the content', () => {
  const states = [inState('raw', transformation('t1'))]
  const { version } = compile(pipeline(states))
  expect(version).toMatch(/^c-[0-9a-f]{16}$/)
  expect(compile(pipeline(states)).version).toBe(version)
  expect(compile(pipeline(states, { runFrequency: 'hourly' })).version).not.toBe(version)
})

test('all problems of a pipeline are told at once, with their places', () => {
  const states = [
    { ...inState('ingest', transformation('a', { template: { ...copy, state: 'raw' } })), graphOrder: 0 },
    { ...inState('raw', transformation('b', { template: { ...copy, operator: 'sqll' } })), graphOrder: 1 },
  ]
  const record = pipeline(states, { name: 'a b', runFrequency: 'dayly' })
  expect(pipelineProblems(record, { createOperator: create }).map(({ place, code }) => [place, code])).toEqual([
    ['name', 'PIPELINE_NAME_INVALID'],
    ['run_frequency', 'SCHEDULE_INVALID'],
    ['states.raw', 'STATE_ORDER_INVALID'],
    ['transformations.a', 'TEMPLATE_STATE_WRONG'],
    ['transformations.b.template', 'OPERATOR_UNKNOWN'],
  ])
})

/** Numbers from 0 up to 1 that are the same every time (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

test('any orders, holes and empty states: acyclic, connected, states one after the other, N + G + 1 nodes', () => {
  for (let seed = 1; seed <= 150; seed += 1) {
    const random = numbersFrom(seed)
    const shuffled = pipelineStates.filter(() => random() < 0.7).toSorted(() => random() - 0.5)
    const states = shuffled.map((state) => {
      const count = Math.floor(random() * 5)
      const transformations = Array.from({ length: count }, (_, index) =>
        transformation(`${state}-${index}`, { graphOrder: Math.floor(random() * 9) - 2 }),
      )
      const graphOrder = random() < 0.5 ? 0 : pipelineStates.indexOf(state)
      return { state, graphOrder, transformations }
    })
    // Orders that contradict the fixed one are refused; here are those that do not.
    const even = random() < 0.5
    const record = pipeline(
      states.map((one) => ({ ...one, graphOrder: even ? 0 : pipelineStates.indexOf(one.state) * 2 })),
    )
    const { nodes } = compile(record)
    const all = states.flatMap((one) => one.transformations.map((each) => ({ ...each, state: one.state })))
    const groups = new Set(all.map(({ state, graphOrder }) => `${state} ${graphOrder}`)).size
    expect([seed, nodes.length]).toEqual([seed, all.length + groups + 1])

    const before = new Map<string, Set<string>>()
    for (const { id, upstreams } of nodes) {
      // In a topological order: what comes before is known already, so there is no cycle.
      for (const up of upstreams) expect(before.has(up)).toBe(true)
      before.set(id, new Set(upstreams.flatMap((up) => [up, ...(before.get(up) ?? [])])))
    }
    expect(nodes.filter(({ upstreams }) => upstreams.length === 0).map(({ id }) => id)).toEqual(['run_event'])
    const idOf = (one: (typeof all)[number]) => `daily_${one.state}_copy_sales_${one.id}`.toLowerCase()
    for (const a of all) {
      for (const b of all) {
        const states = pipelineStates.indexOf(a.state) - pipelineStates.indexOf(b.state)
        const isBefore = states < 0 || (states === 0 && a.graphOrder < b.graphOrder)
        expect([seed, a.id, b.id, before.get(idOf(b))?.has(idOf(a))]).toEqual([seed, a.id, b.id, isBefore])
      }
    }
  }
})
