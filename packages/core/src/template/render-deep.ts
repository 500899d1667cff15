import { parseTemplate, type TemplateContext } from './template.ts'

/**
 * Renders every text inside of lists and maps. Keys, numbers, booleans, null and objects of classes stay as they
 * are, and so does a text without a tag, to the last line break.
 *
 * @param what Names the value in messages; the place inside of it is added, as in `The configuration at tables.0.sql`.
 * @throws ConfigError `TEMPLATE_INVALID`, `TEMPLATE_UNKNOWN_NAME`, `TEMPLATE_FAILED`
 */
export function renderDeep<T>(value: T, context: TemplateContext, what = 'The template'): T {
  const render = (item: unknown, path: readonly (string | number)[]): unknown => {
    if (typeof item === 'string') {
      if (!hasTags(item)) return item
      return parseTemplate(item, path.length === 0 ? what : `${what} at ${path.join('.')}`).render(context)
    }
    if (Array.isArray(item)) return item.map((entry, index) => render(entry, [...path, index]))
    if (!isMap(item)) return item
    return Object.fromEntries(Object.entries(item).map(([name, entry]) => [name, render(entry, [...path, name])]))
  }
  return render(value, []) as T
}

export function hasTags(text: string): boolean {
  return /\{[{%#]/.test(text)
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
