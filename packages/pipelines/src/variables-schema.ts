import type { JsonSchema } from '@millrace/workflow'
import { kindOf, type VariableStructures } from './variables.ts'

const types: Readonly<Record<NonNullable<ReturnType<typeof kindOf>>, JsonSchema>> = {
  text: { type: 'string' },
  integer: { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
  number: { type: 'number' },
  time: {
    type: 'string',
    pattern: '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]) ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$',
    'x-format': 'YYYY-MM-DD HH:MM:SS',
    examples: ['2026-01-31 06:00:00'],
  },
  boolean: { type: 'boolean' },
}

/** The JSON Schema of the values that a template wants, as strict as the compiler: for forms. */
export function variablesSchema(structures: VariableStructures): JsonSchema {
  const properties = Object.entries(structures).map(([name, { datatype, description }]) => {
    const kind = kindOf(datatype)
    const about = { title: name, ...(description === '' ? {} : { description }), 'x-datatype': datatype }
    // Of a datatype that nobody knows, no value is right.
    return [name, kind === undefined ? { ...about, not: {} } : { ...types[kind], ...about }] as const
  })
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: Object.fromEntries(properties),
    required: Object.keys(structures),
    additionalProperties: false,
  }
}
