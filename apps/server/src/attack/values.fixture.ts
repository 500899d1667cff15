import type { OpenApiDocument } from '@millrace/http'
import type { JsonSchema } from './operations.fixture.ts'
import type { Random } from './random.fixture.ts'

export interface ValueSource {
  readonly document: OpenApiDocument
  readonly random: Random
  /** An id for a property or parameter of this name, or null when the name says nothing. */
  idFor(name: string): string | null
  /** Ids of all kinds that there are. */
  readonly ids: readonly string[]
}

const usual = [
  ...['flights', 'delays-2026', 'Delays', 'a', 'name_1', 'default', 'olga', 'guild-1', 'raw', 'sql', 'postgres', 's3'],
  ...[
    'olga/flights-1',
    'user@example.com',
    '/work',
    '/projects/old/one',
    'retention',
    'load',
    'daily',
    '1',
    'main.txt',
  ],
  ...['https://git.example.invalid/a/b', 'http://127.0.0.1:1/', 'https://10.0.0.1/x', 's3://bucket/path', 'no address'],
  ...['2026-01-01T00:00:00Z', '2999-01-01T00:00:00+02:00', '0001-01-01T00:00:00Z', 'Europe/Zurich', '0 0 * * *'],
  ...[
    '10.5281/zenodo.1',
    'type:project created>2026 sort:name-asc',
    '{{ variables.days }}',
    'image/name:1',
    'é ü 漢字',
  ],
  ...['6d8e0a52-7f3b-4d64-9d0c-0b2c3b9f7a10', '0'.repeat(64), 'x'.repeat(40), 'long '.repeat(80), 'ABCD-EFGH'],
] as const

/** Texts that something behind the server may stumble over. */
export const hostile = [
  ...['', ' ', '\0', '\ud800', 'a\r\nset-cookie: x=y', "'; drop table common.project; --", "' or 1=1 --", '%', '\\'],
  ...[
    '{{ constructor.constructor("return process")() }}',
    '__proto__',
    'constructor',
    '../../etc/passwd',
    '..%2f',
    '%00',
  ],
  ...[
    'x'.repeat(5000),
    '\u202e\ufeff',
    '💥'.repeat(50),
    '9'.repeat(40),
    '-1',
    '1e309',
    'NaN',
    'null',
    'true',
    '[object Object]',
  ],
  ...[
    '9999999-01-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
    'http://[::1]:1/',
    'javascript:alert(1)',
    '$$',
    '(((((',
    'a:b:c,d"e',
  ],
] as const

const numbers = [0, 1, -1, 2, 20, 0.5, 1e-9, 2 ** 31 - 1, 2 ** 31, 2 ** 53, 2 ** 63, 1e308, -1e308, 999]

/** A value that the schema takes, or with `wild` perhaps one that it does not. */
export function makeValue(source: ValueSource, schema: JsonSchema, { name = '', wild = 0, depth = 0 } = {}): unknown {
  const { random } = source
  if (random.chance(wild)) return wildValue(source, depth)
  const inner = { wild, depth: depth + 1 }
  const resolved = resolve(source.document, schema)
  const types = [resolved.type].flat().filter((type) => type !== undefined)
  const variants = resolved.anyOf ?? resolved.oneOf
  if (variants !== undefined) return makeValue(source, random.pick(variants), { name, ...inner })
  if (resolved.allOf !== undefined) {
    const parts = resolved.allOf.map((part: JsonSchema) => makeValue(source, part, { name, wild: 0, depth: depth + 1 }))
    return Object.assign({}, ...parts)
  }
  if (resolved.const !== undefined) return resolved.const
  if (resolved.enum !== undefined) return random.pick(resolved.enum)
  const type = types.length === 0 ? null : random.pick(types)
  if (type === 'object') return objectOf(source, resolved, inner)
  if (type === 'array') {
    const { minItems = 0, maxItems = 5 } = resolved
    const length = Math.min(maxItems, minItems + random.below(3))
    return Array.from({ length }, () => makeValue(source, resolved.items ?? {}, { name, ...inner }))
  }
  if (type === 'integer' || type === 'number') return numberOf(random, resolved)
  if (type === 'boolean') return random.chance(0.5)
  if (type === 'null') return null
  if (type === 'string') return textOf(source, resolved, name)
  return wildValue(source, depth)
}

export function resolve(document: OpenApiDocument, schema: JsonSchema): JsonSchema {
  if (typeof schema?.$ref !== 'string') return schema ?? {}
  const [, ...path] = schema.$ref.split('/')
  return resolve(
    document,
    path.reduce((part: JsonSchema, key: string) => part[key], document),
  )
}

function objectOf(source: ValueSource, schema: JsonSchema, inner: { readonly wild: number; readonly depth: number }) {
  const { random } = source
  const { properties = {}, required = [], additionalProperties } = schema
  const result: Record<string, unknown> = {}
  for (const [name, part] of Object.entries(properties)) {
    const isNeeded = required.includes(name) && !random.chance(inner.wild / 2)
    if (isNeeded || random.chance(inner.depth > 4 ? 0.1 : 0.35))
      result[name] = makeValue(source, part, { name, ...inner })
  }
  if (typeof additionalProperties === 'object' && inner.depth < 5) {
    const name = random.pick(usual)
    if (random.chance(0.7)) result[name] = makeValue(source, additionalProperties, inner)
  }
  if (random.chance(inner.wild / 2)) {
    // As a property of its own, which `__proto__` is not when it is assigned.
    Object.defineProperty(result, random.pick(hostile), { value: 1, enumerable: true, configurable: true })
  }
  return result
}

function numberOf(random: Random, { type, minimum, exclusiveMinimum, maximum }: JsonSchema): number {
  const least = minimum ?? exclusiveMinimum ?? 0
  const fitting = [...numbers, least, least + 1, maximum ?? 100].filter(
    (one) => one >= least && one <= (maximum ?? 1e9) && (type === 'number' || Number.isInteger(one)),
  )
  return random.pick(fitting.length === 0 ? [least] : fitting)
}

function textOf({ random, ids, idFor }: ValueSource, schema: JsonSchema, name: string): string {
  const { pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY, format } = schema
  const isRight = pattern === undefined ? null : new RegExp(pattern)
  const fits = (text: string) =>
    text.length >= minLength && text.length <= maxLength && (isRight === null || isRight.test(text))
  const id = idFor(name)
  if (id !== null && fits(id) && random.chance(0.85)) return id
  if (format === 'date-time') return random.pick(usual.filter((text) => /^\d{4}-/.test(text)))
  if (format === 'uri') return random.pick(usual.filter((text) => text.includes('://')))
  const fitting = [...usual, ...(isRight === null ? hostile : []), ...(isRight === null ? [] : ids)].filter(fits)
  return random.pick(fitting.length === 0 ? usual : fitting)
}

function wildValue({ random, ids }: ValueSource, depth: number): unknown {
  const makers = [
    () => random.pick(hostile),
    () => random.pick(usual),
    () => random.pick(numbers),
    () => random.pick([true, false, null]),
    () => (ids.length === 0 ? '' : random.pick(ids)),
    () => (depth > 4 ? [] : [wildValue({ random, ids } as ValueSource, depth + 1)]),
    () => (depth > 4 ? {} : { [random.pick(usual)]: wildValue({ random, ids } as ValueSource, depth + 1) }),
  ]
  return random.pick(makers)()
}

/** One place of a valid value, changed. */
export function mutated(source: ValueSource, value: unknown): unknown {
  const { random } = source
  if (typeof value !== 'object' || value === null || random.chance(0.1)) return wildValue(source, 0)
  if (Array.isArray(value)) {
    if (value.length === 0) return [wildValue(source, 0)]
    const place = random.below(value.length)
    return value.map((item, index) => (index === place ? mutated(source, item) : item))
  }
  const names = Object.keys(value)
  if (names.length === 0 || random.chance(0.15)) return { ...value, [random.pick(hostile)]: wildValue(source, 0) }
  const name = random.pick(names)
  const { [name]: changed, ...rest } = value as Record<string, unknown>
  return random.chance(0.2) ? rest : { ...rest, [name]: mutated(source, changed) }
}
