import type { Json } from '@millrace/workflow'

/** A value as it is written in a Jinja2 expression. */
export function templateLiteral(value: Json): string {
  if (value === null) return 'none'
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value !== 'object') return String(value)
  if (Array.isArray(value)) return `[${value.map(templateLiteral).join(', ')}]`
  return `{${Object.entries(value)
    .map(([name, entry]) => `${JSON.stringify(name)}: ${templateLiteral(entry as Json)}`)
    .join(', ')}}`
}
