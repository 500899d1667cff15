type Reviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown
const parseWithSource = JSON.parse as (text: string, reviver: Reviver) => unknown

const longInteger = /\d{16}/

/** The parsed body: null when there is none, the text itself when it is not JSON. */
export function parseAnswer(text: string): unknown {
  if (text.trim() === '') return null
  try {
    return parseExactly(text)
  } catch {
    return text
  }
}

/** Integers that a number cannot hold exactly become their decimal text, as the API itself writes most 64-bit integers. */
function parseExactly(text: string): unknown {
  if (!longInteger.test(text)) return JSON.parse(text)
  return parseWithSource(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && !Number.isSafeInteger(value) && /^-?\d+$/.test(source)
      ? source
      : value,
  )
}

/** What an answer says went wrong: `error` followed by `errors`, or all of a text. Null when it says nothing. */
export function errorText(body: unknown): string | null {
  if (typeof body === 'string') return shortened(body.trim())
  const { error, errors } = record(body)
  const parts = [error, ...(Array.isArray(errors) ? errors : [errors])].flatMap((part) => {
    if (typeof part === 'string') return part === '' ? [] : [part]
    return typeof part === 'object' && part !== null ? [JSON.stringify(part)] : []
  })
  return parts.length === 0 ? null : shortened(parts.join(', '))
}

/** The fields of an object; none for anything else. */
export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

/** Null for what is neither a number nor its text. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : null
}

export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function shortened(text: string): string | null {
  if (text === '') return null
  return text.length > 4000 ? `${text.slice(0, 4000)}…` : text
}
