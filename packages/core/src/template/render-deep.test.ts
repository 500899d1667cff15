import { expect, test } from 'vitest'
import { renderDeep } from './render-deep.ts'
import { extractVariables } from './variables.ts'

test('renders text in lists and maps and leaves everything else as it is', () => {
  const when = new Date(0)
  const bytes = new Uint8Array([1])
  const value = {
    sql: 'select {{ n }}',
    list: ['{{ n }}', 1, null, ['{% if n %}yes{% endif %}']],
    nested: { '{{ n }}': true, deep: { text: 'no tags { } %\n' } },
    when,
    bytes,
  }
  const rendered = renderDeep(value, { n: 7 })
  expect(rendered).toEqual({
    sql: 'select 7',
    list: ['7', 1, null, ['yes']],
    nested: { '{{ n }}': true, deep: { text: 'no tags { } %\n' } },
    when,
    bytes,
  })
  expect(rendered.when).toBe(when)
  expect(rendered.bytes).toBe(bytes)
  expect(value.sql).toBe('select {{ n }}')
})

test('names the place of a text that cannot be rendered', () => {
  const value = { tables: [{ sql: 'select 1' }, { sql: 'select {{ nmae }}' }] }
  expect(() => renderDeep(value, { name: 'x' }, 'The configuration')).toThrow(
    'The configuration at tables.1.sql names "nmae", which is not given. Did you mean "name"?',
  )
})

test.each([
  ['{{ b }} {{ a.x[c] }}', ['a', 'b', 'c']],
  ["{{ var('x') }} {{ var('y', z) }} {{ var(name) }}", ['name', 'x', 'y', 'z']],
  ['{{ a | default("-") }}{% if b is defined %}{{ b }}{% endif %}', ['a', 'b']],
  ['{% if dt <= "2024" %}{% set order = "x" %}{% else %}{% set order = "y" %}{% endif %}{{ order }}', ['dt']],
  ['{% set k, v = pair %}{{ k }}{{ v }}{% for i in range(n) %}{{ i }}{{ loop.index }}{% endfor %}', ['n', 'pair']],
  ["{% set x = 1 %}{{ var('x') }}", []],
  ['no tags', []],
])('extractVariables of %s', (text, names) => {
  expect(extractVariables(text)).toEqual(names)
})
