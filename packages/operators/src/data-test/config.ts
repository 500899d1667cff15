type Common = { readonly name?: string; readonly severity?: 'error' | 'warn'; readonly where?: string }

export type DataCheck = Common &
  (
    | { readonly check: 'not_null'; readonly column: string }
    | { readonly check: 'unique'; readonly columns: string | readonly string[] }
    | {
        readonly check: 'accepted_values'
        readonly column: string
        readonly values: readonly (string | number | boolean)[]
      }
    | {
        readonly check: 'range'
        readonly column: string
        readonly min?: number | string
        readonly max?: number | string
      }
    | { readonly check: 'freshness'; readonly column: string; readonly maxAgeSeconds: number }
    | { readonly check: 'row_count'; readonly min?: number; readonly max?: number }
    | { readonly check: 'failing_rows'; readonly sql: string }
    | {
        readonly check: 'reconcile'
        readonly source: { readonly connection: string; readonly table?: string; readonly query?: string }
        readonly content?: boolean
        readonly columns?: readonly string[]
      }
  )

export type DataTestConfig = {
  readonly connection: string
  readonly table: string
  readonly key?: string | readonly string[]
  readonly checks: readonly DataCheck[]
}

const text = { type: 'string', minLength: 1 }
const column = { ...text, title: 'Column' }
const names = {
  oneOf: [
    { ...text, title: 'a column' },
    { type: 'array', items: text, minItems: 1, title: 'a list of columns' },
  ],
}
const bound = { type: ['number', 'string'] }

const common = {
  name: { ...text, title: 'Name', description: 'Name in the log and the output. Default: made from the check.' },
  severity: {
    enum: ['error', 'warn'],
    default: 'error',
    title: 'Severity',
    description: 'What a failure means: `error` fails the task, `warn` is only reported.',
  },
  where: {
    ...text,
    title: 'Where',
    description: 'A condition in SQL: only these rows are looked at.',
    'x-code': 'sql',
  },
}

function form(check: string, title: string, properties: object, required: readonly string[]) {
  return {
    title: `\`${check}\``,
    description: title,
    type: 'object',
    properties: { check: { const: check }, ...properties, ...common },
    required: ['check', ...required],
    additionalProperties: false,
  }
}

export const dataTestConfigSchema = {
  type: 'object',
  properties: {
    connection: { ...text, title: 'Connection', 'x-connection': true },
    table: { ...text, title: 'Table', description: 'Such as `orders`, `public.orders` or `public."odd.name"`.' },
    key: {
      ...names,
      title: 'Key',
      description: 'Columns that are shown of failing rows. Default: the columns of the check.',
    },
    checks: {
      type: 'array',
      minItems: 1,
      title: 'Checks',
      items: {
        type: 'object',
        required: ['check'],
        discriminator: { propertyName: 'check' },
        oneOf: [
          form('not_null', 'No row lacks a value.', { column }, ['column']),
          form(
            'unique',
            'No two rows have the same values; rows without one are left out.',
            { columns: { ...names, title: 'Columns' } },
            ['columns'],
          ),
          form(
            'accepted_values',
            'All values are among these; missing ones are fine.',
            {
              column,
              values: { type: 'array', minItems: 1, items: { type: ['string', 'number', 'boolean'] }, title: 'Values' },
            },
            ['column', 'values'],
          ),
          form(
            'range',
            'All values lie between these, both included; missing ones are fine.',
            { column, min: { ...bound, title: 'Least' }, max: { ...bound, title: 'Greatest' } },
            ['column'],
          ),
          form(
            'freshness',
            'The latest time is not older than this.',
            {
              column,
              maxAgeSeconds: {
                type: 'number',
                minimum: 0,
                title: 'Greatest age',
                description: 'Seconds. A time without a zone is in UTC.',
              },
            },
            ['column', 'maxAgeSeconds'],
          ),
          form(
            'row_count',
            'The number of rows lies between these.',
            {
              min: { type: 'integer', minimum: 0, title: 'Least' },
              max: { type: 'integer', minimum: 0, title: 'Greatest' },
            },
            [],
          ),
          form(
            'failing_rows',
            'A query of your own gives no rows.',
            { sql: { ...text, title: 'Query', 'x-code': 'sql' } },
            ['sql'],
          ),
          form(
            'reconcile',
            'The table holds what its source holds: as many rows, or the same values in all of them.',
            {
              source: {
                type: 'object',
                title: 'Source',
                properties: {
                  connection: { ...text, title: 'Connection', 'x-connection': true },
                  table: { ...text, title: 'Table' },
                  query: { ...text, title: 'Query', 'x-code': 'sql' },
                },
                required: ['connection'],
                oneOf: [{ required: ['table'] }, { required: ['query'] }],
                additionalProperties: false,
              },
              content: { type: 'boolean', default: false, title: 'Compare values' },
              columns: {
                type: 'array',
                items: text,
                minItems: 1,
                title: 'Columns',
                description: 'Default: those of the source.',
              },
            },
            ['source'],
          ),
        ],
      },
    },
  },
  required: ['connection', 'table', 'checks'],
  additionalProperties: false,
}
