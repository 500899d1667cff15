import type { SuggestedColumn } from '../kit/connector.ts'
import { quoteName } from './catalog.ts'
import { suggestedType, suggestion } from './suggested-type.ts'
import type { Field } from './types.ts'

const names: Readonly<Record<string, string>> = {
  INT64: 'INTEGER',
  FLOAT64: 'FLOAT',
  BOOL: 'BOOLEAN',
  STRUCT: 'RECORD',
}

export function suggestField({ name, type: declared, mode }: Field): SuggestedColumn {
  const type = names[declared] ?? declared
  const repeated = mode === 'REPEATED'
  const nullable = !repeated && mode !== 'REQUIRED'
  const numbers = type === 'INTEGER' || type === 'FLOAT'
  const [base, remark] = repeated
    ? numbers
      ? [`Array(${suggestedType(type)})`]
      : ['String', `An array of ${type}, kept as JSON text.`]
    : suggestion(type)
  const wraps = nullable && !base.startsWith('Array')
  return {
    name,
    srcType: { name: repeated ? `REPEATED ${type}` : type, null: nullable },
    chType: { name: wraps ? `Nullable(${base})` : base, baseName: base.split('(')[0] ?? base, null: wraps },
    ...(remark === undefined ? {} : { remark }),
  }
}

/** The query whose result loads into the suggested columns. */
export function ingestQuery(scopes: readonly string[], columns: readonly SuggestedColumn[]): string {
  const list = columns.map(({ name, srcType }) => {
    const own = quoteName(name)
    const cast = castOf(srcType.name, own)
    return cast === own ? own : `${cast} AS ${own}`
  })
  return `SELECT ${list.join(', ')} FROM ${scopes.map(quoteName).join('.')}`
}

function castOf(type: string, name: string): string {
  if (type.startsWith('REPEATED ')) return `TO_JSON_STRING(${name})`
  switch (type) {
    case 'STRING':
    case 'INTEGER':
    case 'FLOAT':
    case 'DATE':
      return name
    case 'BYTES':
      return `TO_BASE64(${name})`
    case 'TIMESTAMP':
      return `FORMAT_TIMESTAMP('%F %H:%M:%E3S', ${name})`
    case 'DATETIME':
      return `FORMAT_DATETIME('%F %H:%M:%E3S', ${name})`
    case 'JSON':
    case 'RECORD':
      return `TO_JSON_STRING(${name})`
    case 'GEOGRAPHY':
      return `ST_ASTEXT(${name})`
    default:
      return `CAST(${name} AS STRING)`
  }
}
