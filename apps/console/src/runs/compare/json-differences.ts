export interface JsonDifference {
  /** Where in the value: `tables[0].rows`; empty for the whole. */
  readonly path: string
  /** Undefined where that side has nothing there. */
  readonly left: unknown
  readonly right: unknown
}

/** Where two JSON values differ, as deep as can be said, up to `limit` places. */
export function jsonDifferences(left: unknown, right: unknown, { limit = 200 } = {}): readonly JsonDifference[] {
  const found: JsonDifference[] = []
  const walk = (a: unknown, b: unknown, path: string): void => {
    if (found.length >= limit || Object.is(a, b)) return
    if (Array.isArray(a) && Array.isArray(b)) {
      for (let at = 0; at < Math.max(a.length, b.length); at++) walk(a[at], b[at], `${path}[${at}]`)
    } else if (isObject(a) && isObject(b)) {
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
        walk(a[key], b[key], path === '' ? key : `${path}.${key}`)
      }
    } else found.push({ path, left: a, right: b })
  }
  walk(left, right, '')
  return found
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
