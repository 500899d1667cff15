import type { Column, LogicalType } from '../logical-type.ts'

/** The choices a person can make about how values look in JSON. */
export interface JsonOptions {
  /** 64-bit integers and decimals as number tokens or as strings. Default `number`. */
  readonly jsonNumbers?: 'number' | 'string'
  /** `hex` is `"\\x…"`. Default `hex`. */
  readonly jsonBinary?: 'hex' | 'base64'
  /** Documents embedded raw, or as strings. Default `raw`. */
  readonly jsonAs?: 'raw' | 'string'
}

/** How a cell becomes JSON. Plain numbers, since a switch over them is what every cell passes through. */
export const jsonForm = {
  boolean: 0,
  integer: 1,
  /** Decimals and floats: a token, or a string when it is not finite. */
  number: 2,
  /** Kinds whose text never needs an escape. */
  plainString: 3,
  timestamp: 4,
  text: 5,
  document: 6,
  hex: 7,
  base64: 8,
  list: 9,
  quotedNumber: 10,
} as const
export type JsonForm = (typeof jsonForm)[keyof typeof jsonForm]

export interface JsonCell {
  /** For the ledger. */
  readonly column: string
  readonly form: JsonForm
  /** Lists: how the innermost elements are written, since nested lists are dimensions of one literal. */
  readonly element: JsonCell | null
}

export interface JsonColumn extends JsonCell {
  /** `{"name":` of the first column, `,"name":` of the others. */
  readonly key: Buffer
}

export function jsonColumns(columns: readonly Column[], options: JsonOptions): JsonColumn[] {
  return columns.map(({ name, type }, index) => ({
    ...jsonCell(name, type, options),
    key: Buffer.from(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`),
  }))
}

function jsonCell(column: string, type: LogicalType, options: JsonOptions): JsonCell {
  if (type.kind !== 'list') return { column, form: formOf(type, options), element: null }
  let leaf = type.element
  while (leaf.kind === 'list') leaf = leaf.element
  return { column, form: jsonForm.list, element: jsonCell(column, leaf, options) }
}

function formOf(type: Exclude<LogicalType, { kind: 'list' }>, options: JsonOptions): JsonForm {
  const asString = options.jsonNumbers === 'string'
  switch (type.kind) {
    case 'boolean':
      return jsonForm.boolean
    case 'integer':
      return asString && type.bits === 64 ? jsonForm.quotedNumber : jsonForm.integer
    case 'decimal':
      return asString ? jsonForm.quotedNumber : jsonForm.number
    case 'float':
      return jsonForm.number
    case 'timestamp':
      return jsonForm.timestamp
    case 'json':
      return options.jsonAs === 'string' ? jsonForm.text : jsonForm.document
    case 'binary':
      return options.jsonBinary === 'base64' ? jsonForm.base64 : jsonForm.hex
    case 'text':
    case 'enum':
      return jsonForm.text
    case 'date':
    case 'time':
    case 'interval':
    case 'duration':
    case 'uuid':
      return jsonForm.plainString
  }
}

/** What a row can need at worst beyond six bytes for each byte of its cells. */
export function rowOverhead(columns: readonly JsonColumn[]): number {
  return columns.reduce((sum, { key }) => sum + key.length + cellOverhead, 4)
}

/** Quotes, `null`, `T…+00:00`: what a cell can need beyond its bytes. */
const cellOverhead = 16
