export type TransferMode = 'replace' | 'append' | 'merge' | 'insert-only' | 'OVERWRITE' | 'APPEND' | 'MERGE'

export type TransferFrom = {
  readonly connection: string
  readonly table?: string
  readonly tables?: readonly string[]
  readonly query?: string
  readonly path?: string
  readonly format?: 'csv' | 'ndjson' | 'parquet'
  readonly header?: boolean
}

export type TransferTo = {
  readonly connection: string
  readonly table?: string
  readonly path?: string
  readonly format?: 'csv' | 'ndjson' | 'parquet'
  readonly compression?: 'none' | 'gzip' | 'zstd'
  readonly header?: boolean
  readonly splitRows?: number
  readonly splitBytes?: number
  readonly partitionBy?: readonly string[]
}

export type TransferConfig = {
  readonly from: TransferFrom
  readonly to: TransferTo
  readonly mode?: TransferMode
  readonly key?: string | readonly string[]
  readonly cursor?: string
  readonly lookback?: number
  readonly verify?: 'none' | 'count' | 'content'
  readonly parallel?: number
  readonly contract?: 'evolve' | 'freeze' | 'discard'
  readonly onUnrepresentable?: 'error' | 'null' | 'text'
  readonly allowEmpty?: boolean
  readonly retries?: number
}

const connection = { type: 'string', minLength: 1, title: 'Connection', 'x-connection': true }
const name = { type: 'string', minLength: 1 }
const names = { type: 'array', items: name, minItems: 1 }
const format = {
  enum: ['csv', 'ndjson', 'parquet'],
  title: 'Format',
  description: 'Format of the files. Default: from the name.',
}

export const transferConfigSchema = {
  type: 'object',
  properties: {
    from: {
      type: 'object',
      title: 'From',
      properties: {
        connection,
        table: { ...name, title: 'Table' },
        tables: { ...names, title: 'Tables', description: 'Names or patterns such as `sales.*`.' },
        query: { ...name, title: 'Query', 'x-code': 'sql' },
        path: { ...name, title: 'Path', description: 'File, folder or pattern, below the folder of the connection.' },
        format,
        header: { type: 'boolean', title: 'Header', description: 'CSV: whether the first row names the columns.' },
      },
      required: ['connection'],
      additionalProperties: false,
    },
    to: {
      type: 'object',
      title: 'To',
      properties: {
        connection,
        table: {
          ...name,
          title: 'Table',
          description: 'May hold `{table}` and `{schema}` for several tables. Default: the name of the source table.',
        },
        path: { ...name, title: 'Path', description: 'A file, or a folder that ends with a slash.' },
        format,
        compression: {
          enum: ['none', 'gzip', 'zstd'],
          title: 'Compression',
          description: 'Compression of the files. Default: from the name.',
        },
        header: {
          type: 'boolean',
          title: 'Header',
          description: 'CSV: whether the first row names the columns. Default: true.',
        },
        splitRows: { type: 'integer', minimum: 1, title: 'Rows in a file' },
        splitBytes: {
          type: 'integer',
          minimum: 1,
          title: 'Bytes in a file',
          description: 'Bytes in a file, before compression.',
        },
        partitionBy: { ...names, title: 'Partition by', description: 'Columns that become folders.' },
      },
      required: ['connection'],
      additionalProperties: false,
    },
    mode: {
      enum: ['replace', 'append', 'merge', 'insert-only', 'OVERWRITE', 'APPEND', 'MERGE'],
      title: 'Mode',
      description:
        'What happens to rows that are there: replaced in one step, added to, or merged by key. `OVERWRITE`, `APPEND` and `MERGE` mean replace, append and merge. Default: replace; with a cursor, merge when there is a key and append otherwise.',
    },
    key: {
      oneOf: [
        { ...name, title: 'a column' },
        { ...names, title: 'a list of columns' },
      ],
      title: 'Key',
      description: 'Columns that identify a row. Default for merge and insert-only: the primary key of the source.',
    },
    cursor: {
      ...name,
      title: 'Cursor',
      description: 'Reads only rows whose column is beyond the greatest value that was published before.',
    },
    lookback: {
      type: 'number',
      minimum: 0,
      title: 'Look-back',
      description: 'With a cursor: reads so far behind it again, in seconds for times and in units for numbers.',
    },
    verify: {
      enum: ['none', 'count', 'content'],
      default: 'count',
      title: 'Proof',
      description: 'What is compared before anything becomes visible: nothing, row counts, or a hash of all values.',
    },
    parallel: { type: 'integer', minimum: 1, maximum: 64, default: 1, title: 'Chunks at once' },
    contract: {
      enum: ['evolve', 'freeze', 'discard'],
      default: 'evolve',
      title: 'Changes of columns',
      description: 'New columns and wider types are taken over, refused, or left out.',
    },
    onUnrepresentable: {
      enum: ['error', 'null', 'text'],
      default: 'error',
      title: 'Values that do not fit',
      description: 'What becomes of a value that the destination cannot hold; each is counted.',
    },
    allowEmpty: {
      type: 'boolean',
      default: false,
      title: 'Allow empty',
      description: 'Lets a replace publish no rows over existing ones.',
    },
    retries: {
      type: 'integer',
      minimum: 0,
      maximum: 20,
      default: 2,
      title: 'Retries',
      description:
        'Further tries after a lost connection within one attempt of the task, each from the finished chunks.',
    },
  },
  required: ['from', 'to'],
  additionalProperties: false,
}
