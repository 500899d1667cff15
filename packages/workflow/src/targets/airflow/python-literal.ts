import type { Json } from '../../json.ts'

/** A value as a Python expression on one line, keys sorted. Its JSON, printed by Python, is the same value. */
export function pythonLiteral(value: Json): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'number') return JSON.stringify(value)
  if (typeof value === 'string') return pythonString(value)
  if (Array.isArray(value)) return `[${value.map((item: Json) => pythonLiteral(item)).join(', ')}]`
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, item]) => `${pythonString(key)}: ${pythonLiteral(item as Json)}`).join(', ')}}`
}

/** Whatever could end the literal, or be invisible to who reads the file, is escaped. */
export function pythonString(text: string): string {
  const escaped = text.replace(/["\\]|[^\P{C}]|[^\P{Z} ]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    if (character === '"' || character === '\\') return `\\${character}`
    if (character === '\n') return '\\n'
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
  return `"${escaped}"`
}

/** Arguments of a call, one a line, in the given order. */
export function pythonCall(
  name: string,
  args: readonly (readonly [string, string] | string)[],
  indent: string,
): string {
  const lines = args.map((arg) => `${indent}    ${typeof arg === 'string' ? arg : `${arg[0]}=${arg[1]}`},\n`)
  return `${name}(\n${lines.join('')}${indent})`
}

export function pythonSeconds(seconds: number): string {
  return `timedelta(seconds=${JSON.stringify(seconds)})`
}
