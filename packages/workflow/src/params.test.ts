import { isMillraceError } from '@millrace/core'
import { describe, expect, it } from 'vitest'
import { resolveParams, Task, type TaskContext, Workflow, z } from './index.ts'

class Load extends Task {
  run() {}
}

const params = z.object({
  day: z.iso.date(),
  limit: z.number().int().min(1).max(100).default(10),
  mode: z.enum(['replace', 'append']).default('replace'),
  tables: z.array(z.object({ name: z.string() })).default([]),
  note: z.string().nullable().optional(),
})
const workflow = new Workflow({ category: 'a', name: 'b', params }).addNode(Load)
const manifest = JSON.parse(JSON.stringify(workflow.toManifest()))

function failure(given: Readonly<Record<string, unknown>>) {
  try {
    resolveParams(manifest, given)
  } catch (error) {
    if (isMillraceError(error)) return error
  }
  throw new Error('the parameters were taken')
}

describe.each([
  ['a workflow', workflow],
  ['its manifest', manifest],
])('of %s', (_, from) => {
  it('are filled up with defaults', () => {
    expect(resolveParams(from, { day: '2026-01-31' })).toEqual({
      day: '2026-01-31',
      limit: 10,
      mode: 'replace',
      tables: [],
    })
    const given = { day: '2026-01-31', limit: 1, mode: 'append', tables: [{ name: 'x' }], note: null }
    expect(resolveParams(from, given)).toEqual(given)
  })

  it('are refused by name, all at once', () => {
    const given = { dya: '2026', limit: 0, mode: 'replase', tables: [{ name: 1 }] }
    expect(() => resolveParams(from, given)).toThrow(
      [
        'Workflow "a_b" has no parameter "dya". Did you mean "day"?',
        'Workflow "a_b" needs parameter "day" (string).',
        'Parameter "limit" of workflow "a_b" does not fit: too small: expected number to be >=1.',
        'Parameter "mode" of workflow "a_b" does not fit: invalid option: expected one of "replace"|"append".',
        'Parameter "tables.0.name" of workflow "a_b" does not fit: invalid input: expected string, received number.',
      ].join('\n'),
    )
  })
})

it('have a code of their own when one is wrong', () => {
  expect(failure({ day: '2026-02-30' })).toMatchObject({ code: 'PARAM_INVALID', recovery: 'config' })
  expect(failure({ day: '2026-02-28', x: 1 })).toMatchObject({ code: 'PARAM_UNKNOWN' })
  expect(failure({ x: 1 })).toMatchObject({
    code: 'PARAMS_INVALID',
    details: {
      workflow: 'a_b',
      params: [
        { param: 'x', code: 'PARAM_UNKNOWN' },
        { param: 'day', code: 'PARAM_INVALID' },
      ],
    },
  })
})

it('are any, as JSON, without a schema, and others beside a loose one', () => {
  const free = new Workflow({ category: 'a', name: 'b' })
  expect(resolveParams(free, { x: [1, { y: null }] })).toEqual({ x: [1, { y: null }] })
  expect(() => resolveParams(free, { x: new Date(0) })).toThrow(
    'What is given to workflow "a_b" has an instance of Date at x',
  )
  const loose = new Workflow({ category: 'a', name: 'b', params: z.looseObject({ n: z.number() }) })
  expect(resolveParams(loose, { n: 1, other: 'x' })).toEqual({ n: 1, other: 'x' })
})

it('are not described by functions, which are not there where runs are started', () => {
  const problems = (shape: z.ZodObject) => {
    try {
      new Workflow({ category: 'a', name: 'b', params: shape }).addNode(Load).validate()
    } catch (error) {
      if (isMillraceError(error)) return error.details.problems
    }
    return []
  }
  expect(problems(z.object({ s: z.string().refine((text) => text !== 'x') }))).toEqual([
    'Its parameter s is checked by a function, which is not there where runs are started. Check it in a task.',
  ])
  expect(problems(z.object({ o: z.object({ t: z.array(z.string().trim()).optional() }) }))).toEqual([
    'Its parameter o.t is changed by a function, which is not there where runs are started. Change it in a task.',
  ])
  expect(problems(z.object({ n: z.string().transform(Number) }))).toHaveLength(1)
  expect(problems(z.object({ a: z.number(), b: z.number() }).refine(({ a, b }) => a < b))).toEqual([
    'The object of its parameters is checked by a function, which is not there where runs are started. Check it in a task.',
  ])
  expect(problems(params)).toEqual([])
})

it('a pattern that never comes to an end is given up, and named', () => {
  const params = { type: 'object', properties: { code: { type: 'string', pattern: '^(a+)+$' } } } as const
  const startedAt = performance.now()
  expect(() => resolveParams({ name: 'flow', params }, { code: `${'a'.repeat(60)}!` })).toThrow(
    expect.objectContaining({ code: 'PARAMS_CHECK_TOO_SLOW', message: expect.stringContaining('workflow "flow"') }),
  )
  expect(performance.now() - startedAt).toBeLessThan(60_000)
  expect(resolveParams({ name: 'flow', params }, { code: 'aaa' })).toEqual({ code: 'aaa' })
  expect(() => resolveParams({ name: 'flow', params }, { code: 'b' })).toThrow('does not fit')
})

it("gives a node fixed parameters in place of the run's", async () => {
  const seen: unknown[] = []
  class See extends Task {
    run({ params: given }: TaskContext) {
      seen.push(given)
    }
  }
  const fixed = new Workflow({ category: 'a', name: 'fixed' })
    .addNode(See, { id: 'own', params: { table: 'sales', days: 7 } })
    .addNode(See, { id: 'shared', upstreams: 'own' })
  expect((await fixed.test({ params: { table: 'orders' } })).state).toBe('success')
  expect(seen).toEqual([{ table: 'sales', days: 7 }, { table: 'orders' }])
  expect(fixed.toManifest().nodes[0]?.params).toEqual({ table: { value: 'sales' }, days: { value: 7 } })
})
