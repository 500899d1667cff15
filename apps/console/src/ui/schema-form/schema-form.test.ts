import { describe, expect, it } from 'vitest'
import { fieldErrors } from './field-errors.ts'
import { formSchema } from './form-schema.ts'
import { checkValue } from './form-validator.ts'
import { keptSecret } from './kept-secret.ts'
import { uiSchemaOf } from './ui-schema.ts'

const schema = {
  type: 'object',
  properties: {
    port: { type: 'integer', default: 5432, minimum: 1, maximum: 65535 },
    host: { type: 'string', minLength: 1 },
    password: { type: 'string', writeOnly: true, minLength: 8 },
    mode: { enum: ['a', 'b'] },
    tags: { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 },
    key: { oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
    extra: { type: 'object' },
    labels: { type: 'object', additionalProperties: { type: 'integer' } },
  },
  required: ['host', 'port'],
  additionalProperties: false,
  order: ['host', 'port'],
}

const problemsOf = (value: unknown) =>
  Object.fromEntries(checkValue(formSchema(schema), value).map(({ path, message }) => [path.join('.'), message]))

describe('a form from a schema', () => {
  it('asks for what is needed, and leaves what has a default open', () => {
    expect(problemsOf({})).toEqual({ host: 'This is needed.' })
    expect(problemsOf({ host: 'db' })).toEqual({})
  })

  it('says in sentences what is wrong, at the place where it is', () => {
    expect(
      problemsOf({ host: '', port: 70_000, mode: 'c', tags: ['x', ''], labels: { a: 'x' }, wrong: 1, key: 3 }),
    ).toEqual({
      host: 'This must not be empty.',
      port: 'The most is 65535.',
      mode: 'Choose one of a, b.',
      'tags.1': 'This must not be empty.',
      'labels.a': 'This has to be a whole number.',
      '': '"wrong" is not known here.',
      key: 'This fits none of the choices.',
    })
    expect(problemsOf({ host: 'db', port: '1', tags: [] })).toEqual({
      port: 'This has to be a whole number.',
      tags: 'Add at least one.',
    })
  })

  it('takes a secret that is kept for one that fits', () => {
    expect(problemsOf({ host: 'db', password: keptSecret })).toEqual({})
    expect(problemsOf({ host: 'db', password: 'short' })).toEqual({ password: 'Give at least 8 characters.' })
  })

  it('keeps the order of the schema, and folds the optional rest of a long one behind its secrets', () => {
    const prepared = formSchema(schema)
    expect(Object.keys(prepared.properties ?? {}).slice(0, 2)).toEqual(['host', 'port'])
    expect(prepared['x-folded']).toEqual([])
    const many = Object.fromEntries(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map((name) => [name, {}]))
    expect(formSchema({ type: 'object', properties: many })['x-folded']).toEqual(['g', 'h', 'i'])
    expect(
      formSchema({ type: 'object', properties: { ...many, g: { type: 'string', writeOnly: true } } })['x-folded'],
    ).toEqual(['h', 'i'])
  })

  it('lets a value that the schema leaves open be JSON', () => {
    expect(uiSchemaOf(formSchema(schema))).toMatchObject({ extra: { 'ui:field': 'JsonField' }, labels: {}, host: {} })
  })

  it('finds the fields that a message of the server is about', () => {
    const message = 'The configuration of postgres is not valid: "port" has to be a number.'
    expect(fieldErrors(message, ['host', 'port'])).toEqual({ port: message })
    expect(fieldErrors('body.name: too short', ['name'])).toEqual({ name: 'body.name: too short' })
  })
})
