const smaller = 'The range is smaller there: values outside of 1900 to 2299 do not fit.'

const suggestions: Readonly<Record<string, readonly [type: string, remark?: string]>> = {
  STRING: ['String'],
  BYTES: ['String', 'Encoded as Base64.'],
  INTEGER: ['Int64'],
  INT64: ['Int64'],
  FLOAT: ['Float64'],
  FLOAT64: ['Float64'],
  TIMESTAMP: ['DateTime64', smaller],
  DATETIME: ['DateTime64', smaller],
  DATE: ['Date32', smaller],
}

/** The ClickHouse type of a column that is not repeated, and what is to be said of it. */
export function suggestion(type: string): readonly [type: string, remark?: string] {
  return suggestions[type] ?? ['String', `${type}, kept as text.`]
}

export function suggestedType(type: string): string {
  return suggestion(type)[0]
}
