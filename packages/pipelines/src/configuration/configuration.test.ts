import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { pipelineStates } from '../states.ts'
import { normalizeConfiguration } from './normalize.ts'
import { type ConfigurationChange, planConfiguration } from './plan.ts'
import type { Configuration } from './schema.ts'
import { formatConfiguration, parseConfiguration } from './yaml.ts'

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

const oddTexts = [
  '',
  'yes',
  '0',
  '1.50',
  '07',
  'null',
  ' a\n b: c # d\n',
  '{{ variables.x }} \'"',
  '~',
  'ünï — 漢',
  '- x',
  '!tag',
  '2024-01-01 00:00:00',
]

function configurationFrom(seed: number): Configuration {
  const random = numbersFrom(seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const some = <T>(prefix: string, make: (name: string) => T): T[] =>
    ['c', 'a', 'B', '1'].filter(() => random() < 0.6).map((end) => make(`${prefix}${end}`))
  const label = (name: string) => ({ name, display_name: random() < 0.5 ? null : pick(oddTexts) })
  const segments = some('s', label)
  const pipeline_types = some('t', (name) => ({
    ...label(name),
    segment: pick([null, ...segments.map((one) => one.name)]),
  }))
  const clients = some('c', (name) => ({ ...label(name), brands: some('b', label) }))
  const templates = some('m', (name) => ({
    name,
    description: pick([null, ...oddTexts]),
    state: pick([null, ...pipelineStates]),
    operator: 'sql',
    config: { z: [pick(oddTexts), { b: 1, a: random() < 0.5 }], a: null, n: pick([0, -1.5, 1e21, true]) },
    variable_structures: {
      x: { datatype: 'str', description: pick(oddTexts) },
      n: { datatype: pick(['int', 'float', 'bool', 'datetime']), description: '' },
    },
    tags: [pick(oddTexts) || 'tag'],
  }))
  const brands = clients.flatMap((client) => client.brands.map((brand) => `${client.name}/${brand.name}`))
  const pipelines =
    brands.length === 0 || pipeline_types.length === 0
      ? []
      : some('p', (name) => ({
          ...{ name, description: pick([null, ...oddTexts]), brand: pick(brands), type: pick(pipeline_types).name },
          ...{ is_active: random() < 0.5, run_frequency: pick([null, 'daily', '0 6 * * *']) },
          transformations: templates.flatMap((template) =>
            Array.from({ length: Math.floor(random() * 3) }, () => ({
              ...{ state: pick(pipelineStates), template: template.name, graph_order: Math.floor(random() * 3) },
              variables: { x: pick(oddTexts), n: pick<string | number | boolean>([1, '1', true, '1.50', 'x']) },
            })),
          ),
        }))
  return { format: 1, segments, pipeline_types, clients, templates, pipelines }
}

/** Does to a configuration what a plan says. */
function applied(current: Configuration, changes: readonly ConfigurationChange[]): Configuration {
  const next = structuredClone(current) as Configuration
  const listOf = ({ kind, name }: ConfigurationChange): { name: string }[] => {
    if (kind === 'brand') return next.clients.find((client) => client.name === name.split('/')[0])?.brands ?? []
    return {
      segment: next.segments,
      pipeline_type: next.pipeline_types,
      client: next.clients,
      template: next.templates,
      pipeline: next.pipelines,
    }[kind]
  }
  for (const change of changes) {
    const list = listOf(change)
    const own = change.kind === 'brand' ? (change.name.split('/')[1] ?? '') : change.name
    const place = list.findIndex((item) => item.name === own)
    if (change.action === 'delete') list.splice(place, 1)
    else if (change.action === 'create') {
      const { client: _, ...after } = change.after as { name: string; client?: string }
      list.push(change.kind === 'client' ? ({ ...after, brands: [] } as { name: string }) : after)
    } else {
      const { client: _, ...after } = change.after as { name: string; client?: string }
      list[place] = { ...list[place], ...after }
    }
  }
  return next
}

test('what is written is read as it was, and written as the same bytes', () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const configuration = configurationFrom(seed)
    const text = formatConfiguration(configuration)
    const read = parseConfiguration(text)
    expect([seed, read]).toEqual([seed, normalizeConfiguration(configuration)])
    expect(formatConfiguration(read)).toBe(text)
    expect(planConfiguration(configuration, read, { prune: true })).toEqual([])
  }
})

test('a plan that is carried out leads to what is wanted, and leaves nothing to do', () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const [current, wanted] = [configurationFrom(seed), configurationFrom(seed + 1000)]
    const after = applied(current, planConfiguration(current, wanted, { prune: true }))
    expect([seed, normalizeConfiguration(after)]).toEqual([seed, normalizeConfiguration(wanted)])
    expect(planConfiguration(after, wanted, { prune: true })).toEqual([])
    const kept = planConfiguration(current, wanted)
    expect(kept.filter(({ action }) => action === 'delete')).toEqual([])
    expect(planConfiguration(applied(current, kept), wanted)).toEqual([])
  }
})

test('a plan makes things before those that name them, and removes them after', () => {
  const all = Array.from({ length: 50 }, (_, seed) => configurationFrom(seed))
  const wanted = all.find(({ pipelines, segments, templates }) =>
    [pipelines, segments, templates].every((one) => one.length > 0),
  )
  if (wanted === undefined) throw new Error('No configuration has everything.')
  const empty = parseConfiguration('format: 1')
  const order = ['segment', 'pipeline_type', 'client', 'brand', 'template', 'pipeline']
  const kinds = (changes: readonly ConfigurationChange[]) => [...new Set(changes.map(({ kind }) => kind))]
  expect(kinds(planConfiguration(empty, wanted))).toEqual(order)
  expect(kinds(planConfiguration(wanted, empty, { prune: true }))).toEqual(order.toReversed())
})

test('values of variables are what is written, whatever numbers make of it, and booleans are none', () => {
  const variables =
    '{ code: 007, version: 1.10, account: 12345678901234567890, hex: 0x10, less: -0, exact: 1.5, known: true, open: true }'
  const texts = (structures: string) =>
    parseConfiguration(`
format: 1
templates: [{ name: copy, operator: sql, variable_structures: ${structures} }]
pipelines: [{ name: p, brand: a/b, type: t, transformations: [{ state: raw, template: copy, variables: ${variables} }] }]
`).pipelines[0]?.transformations[0]?.variables
  const given = { code: '007', version: '1.10', account: '12345678901234567890', hex: '0x10', less: '-0' }
  expect(texts('{}')).toEqual({ ...given, exact: 1.5, known: true, open: true })
  expect(texts('{ exact: { datatype: str }, known: { datatype: str }, open: { datatype: bool } }')).toEqual({
    ...given,
    ...{ exact: '1.5', known: 'true', open: true },
  })
})

test.each([
  ['format: 2', '/format'],
  ['format: 1\npipelines: [{ name: a b }]', '/pipelines/0/name'],
  ['format: 1\nclients: [{ name: a }, { name: a }]', '"a" is there twice'],
  ['format: 1\nclienst: []', 'clienst'],
  ['format: 1\nformat: 1', 'unique'],
  ['{ not yaml', 'The configuration cannot be read'],
  [
    'format: 1\nclients: [{ name: a, display_name: "x\\0y" }, { name: b, display_name: "\\ud83d" }]',
    '/clients/1/display_name: The text holds a null character',
  ],
  ['format: 1\ntemplates: [{ name: a, operator: sql, config: { "a\\0": 1 } }]', '(/templates/0/config)'],
  ['', 'The configuration cannot be read'],
  [
    `a: &a [x]\n${Array.from({ length: 9 }, (_, index) => `b${index}: &b${index} [${'*a, '.repeat(30)}]`).join('\n')}`,
    'alias',
  ],
  ['['.repeat(50_000), 'more than 64 levels'],
  ['{a: '.repeat(50_000), 'more than 64 levels'],
  ['- '.repeat(50_000), 'more than 64 levels'],
])('%.60s is refused', (text, message) => {
  expect(() => parseConfiguration(text)).toThrow(expect.objectContaining({ message: expect.stringContaining(message) }))
})

test('the example of the guide is a configuration', async () => {
  const guide = await readFile(new URL('../../../../docs/guides/pipelines.md', import.meta.url), 'utf8')
  const [example = ''] = /^format: 1\n[\s\S]*?(?=^```)/m.exec(guide) ?? []
  expect(parseConfiguration(example).pipelines).toMatchObject([{ name: 'daily_sales', is_active: true }])
})
