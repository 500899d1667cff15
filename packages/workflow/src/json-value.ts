import { DataError } from '@millrace/core'
import type { Json } from './json.ts'

/**
 * The value as JSON, and its text. Undefined becomes null, and properties that are undefined are left out. Everything that
 * JSON would change on the quiet is refused: dates, big integers, NaN, maps, functions, instances of classes, circles.
 *
 * @throws DataError `VALUE_NOT_JSON`, naming the place
 */
export function toJson(value: unknown, what: string): { readonly value: Json; readonly text: string } {
  const json = plain(value === undefined ? null : value, what, '', new Set())
  return { value: json, text: JSON.stringify(json) }
}

function plain(value: unknown, what: string, path: string, above: Set<object>): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return value
    throw notJson(what, path, `${value}`)
  }
  if (typeof value !== 'object') throw notJson(what, path, `a ${typeof value}`)
  if (above.has(value)) throw notJson(what, path, 'a circle')
  const prototype = Object.getPrototypeOf(value)
  const isArray = Array.isArray(value)
  if (!isArray && prototype !== Object.prototype && prototype !== null && prototype.constructor?.name !== 'Object') {
    throw notJson(what, path, `an instance of ${prototype.constructor?.name ?? 'a class'}`)
  }
  above.add(value)
  const json = isArray
    ? Array.from(value, (entry, index) => plain(entry, what, `${path}[${index}]`, above))
    : Object.fromEntries(
        Object.entries(value)
          .filter(([, entry]) => entry !== undefined)
          .map(([key, entry]) => [key, plain(entry, what, path === '' ? key : `${path}.${key}`, above)]),
      )
  above.delete(value)
  return json
}

function notJson(what: string, path: string, found: string): DataError {
  return new DataError('VALUE_NOT_JSON', {
    message: `${what} has ${found}${path === '' ? '' : ` at ${path}`}, which JSON cannot hold. Give texts, numbers, booleans, null, lists and plain objects; write dates and big integers as texts.`,
    details: { path, found },
  })
}
