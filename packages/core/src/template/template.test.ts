import { expect, test } from 'vitest'
import { parseTemplate } from './template.ts'

const render = (text: string, context: Record<string, unknown> = {}) => parseTemplate(text).render(context)

test('fills in values, filters, conditions and loops', () => {
  expect(render('Hello {{ name | upper }}', { name: 'ada' })).toBe('Hello ADA')
  expect(render('{% if rows > 0 %}{{ rows }} rows{% else %}nothing{% endif %}', { rows: 3 })).toBe('3 rows')
  expect(render('{% for k, v in fields.items() %}{{ k }}={{ v }};{% endfor %}', { fields: { a: 1, b: 'x' } })).toBe(
    'a=1;b=x;',
  )
  expect(render('{% set x = 2 %}{{ x * y }}', { y: 3 })).toBe('6')
  expect(
    render('{% macro twice(t) %}{{ t }}{{ t }}{% endmacro %}{{ twice(a.b["c"]) }}', { a: { b: { c: 'z' } } }),
  ).toBe('zz')
})

test('a name that is not given is an error with the nearest one, unless the text provides for it', () => {
  expect(() => render('{{ tabel }}', { table: 'x' })).toThrow(
    'The template names "tabel", which is not given. Did you mean "table"? Given are: table.',
  )
  expect(render('{{ x | default("none") }}{% if y is defined %}y{% endif %}')).toBe('none')
  expect(() => render('{{ x | upper }}')).toThrow(expect.objectContaining({ code: 'TEMPLATE_UNKNOWN_NAME' }))
})

test('says what is wrong with a text that is no template', () => {
  expect(() => parseTemplate('{% while 1 %}', 'The title')).toThrow(
    expect.objectContaining({
      code: 'TEMPLATE_INVALID',
      message: expect.stringMatching(/^The title cannot be read: /),
    }),
  )
  expect(() => render('{{ 1 | nonsense }}')).toThrow(expect.objectContaining({ code: 'TEMPLATE_FAILED' }))
})

test('leaves out the line break after a block and the blanks before it', () => {
  expect(render('a\n  {% if true %}\n  b\n  {% endif %}\nc {{ 1 }}\nd')).toBe('a\n  b\nc 1\nd')
})

test('functions of the context get and give plain data, and those inside of data are out of reach', () => {
  const seen: unknown[] = []
  const context = {
    note: (...args: unknown[]) => {
      seen.push(args)
      return { list: [1, { when: new Date(0), call: () => 'reached' }] }
    },
    data: { call: () => 'reached' },
  }
  expect(render('{{ note("a", [1, {"b": [true]}], range).list[1].when }}', context)).toBe('1970-01-01T00:00:00.000Z')
  expect(seen).toEqual([['a', [1, { b: [true] }], undefined]])
  expect(() => render('{{ data.call() }}', context)).toThrow(expect.objectContaining({ code: 'TEMPLATE_FAILED' }))
  expect(() => render('{{ note().list[1].call() }}', context)).toThrow(
    expect.objectContaining({ code: 'TEMPLATE_FAILED' }),
  )
})

test.each([
  '{{ constructor }}',
  '{{ x.constructor }}',
  '{{ x["__proto__"] }}',
  '{{ x.__proto__.polluted }}',
  '{{ "".constructor.constructor("return process")() }}',
  '{{ x.toString.constructor }}',
  '{{ globalThis }}',
  '{{ f.constructor("return process")() }}',
  '{{ f.__proto__ }}',
  '{{ f(f).constructor }}',
  '{{ x | attr("constructor") }}',
])('%s reaches nothing of the program', (text) => {
  let result: string
  try {
    result = render(text, { x: { a: 1 }, f: (value: unknown) => value })
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(/^TEMPLATE_/) })
    return
  }
  expect(result).toBe('')
})

test('range counts as in Jinja', () => {
  expect(render('{{ range(3) }}{{ range(2, 8, 3) }}{{ range(3, 0, -1) }}{{ range(0) }}')).toBe(
    '[0, 1, 2][2, 5][3, 2, 1][]',
  )
  expect(() => render('{{ range(1, 2, 0) }}')).toThrow(expect.objectContaining({ code: 'TEMPLATE_FAILED' }))
})

test('a long but honest template is rendered', () => {
  const rows = Array.from({ length: 5000 }, (_, id) => ({ id, name: `row ${id}` }))
  const text = render('{% for row in rows %}({{ row.id }}, "{{ row.name | upper }}"),{% endfor %}', { rows })
  expect(text.split('),')).toHaveLength(5001)
})

test.each([
  ['{{ range(1000000000) | length }}', 'range() makes at most 100,000 numbers'],
  ['{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}', 'it is too much work'],
  ['{% set l = range(9999) %}{% for a in l %}{% for b in l %}{{ a }}{% endfor %}{% endfor %}', 'it is too much work'],
  [
    '{% set n = namespace(x="ab") %}{% for i in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}',
    'it is too much work',
  ],
  [
    '{% set n = namespace(x=[1]) %}{% for i in range(60) %}{% set n.x = n.x + n.x %}{% endfor %}',
    'it is too much work',
  ],
  ['{{ "a" | indent(300000000, true) | length }}', 'it is too much work'],
  ['{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}', 'cannot be filled in'],
])('%s is stopped soon', (text, message) => {
  const startedAt = performance.now()
  expect(() => render(text)).toThrow(message)
  expect(performance.now() - startedAt).toBeLessThan(60_000)
})
