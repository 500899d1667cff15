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

test.each([
  '{{ constructor }}',
  '{{ x.constructor }}',
  '{{ x["__proto__"] }}',
  '{{ x.__proto__.polluted }}',
  '{{ "".constructor.constructor("return process")() }}',
  '{{ x.toString.constructor }}',
  '{{ globalThis }}',
])('%s reaches nothing of the program', (text) => {
  let result: string
  try {
    result = render(text, { x: { a: 1 } })
  } catch (error) {
    expect(error).toMatchObject({ code: expect.stringMatching(/^TEMPLATE_/) })
    return
  }
  expect(result).toBe('')
})
