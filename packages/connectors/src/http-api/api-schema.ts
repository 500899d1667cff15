const text = { type: 'string', minLength: 1 }
const plainValues = { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } }
const texts = { type: 'object', additionalProperties: { type: 'string' } }
const count = { type: 'integer', minimum: 1 }

const variants = (
  required: Readonly<Record<string, readonly string[]>>,
  properties: Readonly<Record<string, object>>,
) => ({
  type: 'object',
  discriminator: { propertyName: 'type' },
  required: ['type'],
  oneOf: Object.entries(required).map(([type, names]) => ({
    properties: {
      type: { const: type },
      ...Object.fromEntries(names.map((name) => [name.replace('?', ''), properties[name.replace('?', '')]])),
    },
    required: ['type', ...names.filter((name) => !name.endsWith('?'))],
    additionalProperties: false,
  })),
})

const pagination = variants(
  {
    none: [],
    'link-header': [],
    page: ['param', 'first?', 'size_param?', 'size?'],
    offset: ['param', 'limit_param', 'limit'],
    cursor: ['param', 'path', 'more_path?'],
    'next-url': ['path'],
  },
  {
    param: text,
    first: { type: 'integer', minimum: 0 },
    size_param: text,
    size: count,
    limit_param: text,
    limit: count,
    path: text,
    more_path: text,
  },
)

const auth = variants(
  { none: [], bearer: [], basic: [], 'api-key': ['header?', 'query?'], oauth2: ['token_url', 'scope?'] },
  { header: text, query: text, token_url: text, scope: text },
)

const resource = {
  type: 'object',
  properties: {
    path: { type: 'string' },
    method: { enum: ['GET', 'POST'] },
    params: plainValues,
    body: {},
    headers: texts,
    records: text,
    primary_key: { type: 'array', items: text, minItems: 1 },
    pagination,
    incremental: {
      type: 'object',
      properties: {
        field: text,
        param: text,
        format: { enum: ['iso', 'date', 'unix', 'unix-ms', 'text'] },
        initial: { type: 'string' },
      },
      required: ['field', 'param'],
      additionalProperties: false,
    },
    parent: text,
    include: texts,
    max_pages: count,
  },
  required: ['path'],
  additionalProperties: false,
}

/** The JSON Schema of a definition. */
export const apiSchema = {
  type: 'object',
  properties: {
    base_url: { type: 'string', pattern: '^https?://' },
    auth,
    headers: texts,
    params: plainValues,
    rate_limit: {
      type: 'object',
      properties: { requests: count, per_seconds: { type: 'number', exclusiveMinimum: 0 } },
      required: ['requests', 'per_seconds'],
      additionalProperties: false,
    },
    retry: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          status: {
            anyOf: [{ type: 'integer' }, { enum: ['4xx', '5xx'] }, { type: 'array', items: { type: 'integer' } }],
          },
          action: { enum: ['retry', 'fail', 'empty'] },
          retries: { type: 'integer', minimum: 0 },
        },
        required: ['status', 'action'],
        additionalProperties: false,
      },
    },
    timeout_seconds: { type: 'number', exclusiveMinimum: 0 },
    pagination,
    resources: {
      type: 'object',
      minProperties: 1,
      propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_-]*$' },
      additionalProperties: resource,
    },
  },
  required: ['base_url', 'resources'],
  additionalProperties: false,
}
