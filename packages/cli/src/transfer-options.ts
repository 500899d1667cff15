/** Choices for one transfer, as given on the command line or in a file; all checked. */
export interface TransferChoices {
  readonly query?: string
  readonly tables?: readonly string[]
  readonly into?: string
  readonly mode?: 'replace' | 'append' | 'merge' | 'insert-only'
  readonly key?: readonly string[]
  readonly cursor?: string
  /** Seconds for times, units for numbers. */
  readonly lookback?: number
  readonly contract?: 'evolve' | 'freeze' | 'discard'
  readonly allowEmpty?: boolean
  readonly verify?: 'none' | 'count' | 'content'
  readonly onUnrepresentable?: 'error' | 'null' | 'text'
  readonly parallel?: number
  readonly retries?: number
  readonly restart?: boolean
  readonly manifest?: string
  readonly format?: 'csv' | 'ndjson' | 'parquet'
  readonly compression?: 'none' | 'gzip' | 'zstd' | 'snappy'
  readonly splitRows?: number
  /** Before compression. */
  readonly splitBytes?: number
  readonly partitionBy?: readonly string[]
  readonly header?: boolean
  readonly csvLineEnd?: 'lf' | 'crlf'
  readonly jsonNumbers?: 'number' | 'string'
  readonly jsonBinary?: 'hex' | 'base64'
  readonly jsonAs?: 'raw' | 'string'
  readonly rowGroupRows?: number
}

export type ChoiceName = keyof TransferChoices

type Kind =
  | { readonly kind: 'text'; readonly placeholder: string }
  /** Given several times, or as a list. */
  | { readonly kind: 'texts'; readonly placeholder: string }
  /** Comma-separated, or a list; a name with a comma stands in double quotes. */
  | { readonly kind: 'names'; readonly placeholder: string }
  | { readonly kind: 'choice'; readonly placeholder: string; readonly choices: readonly string[] }
  | { readonly kind: 'integer'; readonly placeholder: string; readonly minimum: number; readonly maximum?: number }
  /** A number, or a time such as `5m`. */
  | { readonly kind: 'amount'; readonly placeholder: string }
  /** A number, or a size such as `64MB`. */
  | { readonly kind: 'size'; readonly placeholder: string }
  /** Off unless given. */
  | { readonly kind: 'flag' }
  /** On unless given as `--no-…`. */
  | { readonly kind: 'switch' }

export type TransferOption = Kind & {
  readonly name: ChoiceName
  /** The option without dashes. */
  readonly word: string
  /** The key in a file, where it differs. */
  readonly fileKey?: string
  readonly help: string
  readonly group: 'What is read' | 'What is written' | 'Safety' | 'Speed and repair' | 'Files'
  /** Where else than for one copy it can be said: for all transfers of a file on the command line, or only on the command line. */
  readonly reach?: 'all-transfers' | 'command-only'
  /** The file formats it has a meaning for; `*` is any. Absent: for every destination. */
  readonly files?: '*' | readonly ('csv' | 'ndjson' | 'parquet')[]
}

/** Every choice, once: the options of `copy` and `plan`, the keys of a file, its JSON Schema and the reference come from here. */
export const transferOptions: readonly TransferOption[] = [
  {
    name: 'tables',
    word: 'table',
    fileKey: 'tables',
    kind: 'texts',
    placeholder: 'name',
    group: 'What is read',
    help: 'A table to copy; may be given several times. * and ? are wildcards, as in "sales.*"; a part with dots, spaces or wildcards of its own stands in double quotes.',
  },
  {
    name: 'query',
    word: 'query',
    kind: 'text',
    placeholder: 'sql',
    group: 'What is read',
    help: 'A query whose result is copied, instead of tables.',
  },
  {
    name: 'cursor',
    word: 'cursor',
    kind: 'text',
    placeholder: 'column',
    group: 'What is read',
    help: 'Copies only rows whose column is beyond the greatest value that an earlier copy published.',
  },
  {
    name: 'lookback',
    word: 'lookback',
    kind: 'amount',
    placeholder: 'amount',
    group: 'What is read',
    help: 'With a cursor: reads that far behind it again, for rows that were committed late. Seconds, or a time such as 5m, 2h, 1d; plain units for a cursor of numbers.',
  },
  {
    name: 'into',
    word: 'into',
    kind: 'text',
    placeholder: 'name',
    group: 'What is written',
    help: "Name at the destination: a table, or a file inside the folder. {table} and {schema} stand for the source's names. Default: the table's own name.",
  },
  {
    name: 'mode',
    word: 'mode',
    kind: 'choice',
    placeholder: 'mode',
    choices: ['replace', 'append', 'merge', 'insert-only'],
    group: 'What is written',
    help: 'What happens to rows that are there: replace swaps all of them in one step, append adds, merge updates rows with the same key, insert-only leaves them. Default: replace; with a cursor merge when there is a key, else append.',
  },
  {
    name: 'key',
    word: 'key',
    kind: 'names',
    placeholder: 'columns',
    group: 'What is written',
    help: "Columns that identify a row, for merge and insert-only. Default: the table's primary key.",
  },
  {
    name: 'contract',
    word: 'contract',
    kind: 'choice',
    placeholder: 'policy',
    choices: ['evolve', 'freeze', 'discard'],
    group: 'What is written',
    help: 'When the destination lacks columns or has narrower types: evolve adds and widens, freeze refuses, discard leaves new columns out. Default: evolve.',
  },
  {
    name: 'verify',
    reach: 'all-transfers',
    word: 'verify',
    kind: 'choice',
    placeholder: 'level',
    choices: ['none', 'count', 'content'],
    group: 'Safety',
    help: 'What is compared between source and destination before anything becomes visible: row counts, or an order-independent hash of every value. Default: count.',
  },
  {
    name: 'onUnrepresentable',
    reach: 'all-transfers',
    word: 'on-unrepresentable',
    kind: 'choice',
    placeholder: 'policy',
    choices: ['error', 'null', 'text'],
    group: 'Safety',
    help: 'What happens to a value that the destination cannot hold: error stops and names it, null stores NULL, text makes the whole column text. All but error are counted in the manifest. Default: error.',
  },
  {
    name: 'allowEmpty',
    reach: 'all-transfers',
    word: 'allow-empty',
    kind: 'flag',
    group: 'Safety',
    help: 'Lets a replace with no rows clear a destination that has some.',
  },
  {
    name: 'manifest',
    word: 'manifest',
    kind: 'text',
    placeholder: 'path',
    group: 'Safety',
    help: 'Where the record of the copy is written. Default: a new file in .millrace/manifests.',
  },
  {
    name: 'parallel',
    reach: 'all-transfers',
    word: 'parallel',
    kind: 'integer',
    placeholder: 'n',
    minimum: 1,
    maximum: 64,
    group: 'Speed and repair',
    help: 'Chunks read and written at once, each over its own connection but of one snapshot. Default: 1, or MILLRACE_PARALLEL.',
  },
  {
    name: 'retries',
    reach: 'all-transfers',
    word: 'retries',
    kind: 'integer',
    placeholder: 'n',
    minimum: 0,
    maximum: 1000,
    group: 'Speed and repair',
    help: 'Further attempts after a failure that may pass, such as a lost connection; each goes on from the chunks that are done. Default: 2.',
  },
  {
    name: 'restart',
    reach: 'command-only',
    word: 'restart',
    kind: 'flag',
    group: 'Speed and repair',
    help: 'Forgets what an interrupted copy of the same command left behind, instead of resuming it.',
  },
  {
    name: 'format',
    word: 'format',
    kind: 'choice',
    placeholder: 'format',
    choices: ['csv', 'ndjson', 'parquet'],
    group: 'Files',
    files: '*',
    help: "Format of the files that are written, or of those that are read when the destination is a database. Default: by the name's ending (.csv, .ndjson, .jsonl, .parquet).",
  },
  {
    name: 'compression',
    word: 'compression',
    kind: 'choice',
    placeholder: 'method',
    choices: ['none', 'gzip', 'zstd', 'snappy'],
    group: 'Files',
    files: '*',
    help: "CSV and NDJSON: none, gzip or zstd; default by the name's ending (.gz, .zst), else none. Parquet: none, snappy or zstd; default zstd.",
  },
  {
    name: 'splitRows',
    word: 'split-rows',
    kind: 'integer',
    placeholder: 'n',
    minimum: 1,
    group: 'Files',
    files: '*',
    help: 'Starts a new file after that many rows; the destination is then a folder.',
  },
  {
    name: 'splitBytes',
    word: 'split-bytes',
    kind: 'size',
    placeholder: 'size',
    group: 'Files',
    files: '*',
    help: 'Starts a new file after that many bytes before compression, such as 256MB; the destination is then a folder.',
  },
  {
    name: 'partitionBy',
    word: 'partition-by',
    kind: 'names',
    placeholder: 'columns',
    group: 'Files',
    files: '*',
    help: 'Columns whose values become folders, outermost first, as in year=2024/month=5/; at most 1,000 of them. The destination is then a folder.',
  },
  {
    name: 'header',
    word: 'header',
    kind: 'switch',
    group: 'Files',
    files: ['csv'],
    help: 'CSV without the row of column names.',
  },
  {
    name: 'csvLineEnd',
    word: 'csv-line-end',
    kind: 'choice',
    placeholder: 'end',
    choices: ['lf', 'crlf'],
    group: 'Files',
    files: ['csv'],
    help: 'How rows of CSV end. Default: lf.',
  },
  {
    name: 'jsonNumbers',
    word: 'json-numbers',
    kind: 'choice',
    placeholder: 'form',
    choices: ['number', 'string'],
    group: 'Files',
    files: ['ndjson'],
    help: '64-bit integers and decimals as numbers with all their digits, or quoted for readers that round. Default: number.',
  },
  {
    name: 'jsonBinary',
    word: 'json-binary',
    kind: 'choice',
    placeholder: 'form',
    choices: ['hex', 'base64'],
    group: 'Files',
    files: ['ndjson'],
    help: 'How bytes are written. Default: hex, as in "\\\\xdeadbeef".',
  },
  {
    name: 'jsonAs',
    word: 'json-as',
    kind: 'choice',
    placeholder: 'form',
    choices: ['raw', 'string'],
    group: 'Files',
    files: ['ndjson'],
    help: 'JSON columns embedded as they are, or as strings, which keeps a JSON null apart from NULL. Default: raw.',
  },
  {
    name: 'rowGroupRows',
    word: 'row-group-rows',
    kind: 'integer',
    placeholder: 'n',
    minimum: 1,
    maximum: 1_048_576,
    group: 'Files',
    files: ['parquet'],
    help: 'Rows in a row group of Parquet at most. Default: 131072.',
  },
]

/** How a person writes an option: `--split-rows`, `--no-header`. */
export function optionName(option: TransferOption): string {
  return `--${option.kind === 'switch' ? 'no-' : ''}${option.word}`
}

/** How it is called in a file: `split-rows`, `header`, `tables`. */
export function fileKeyOf(option: TransferOption): string {
  return option.fileKey ?? option.word
}
