import type { Scalar } from '../kit/connector.ts'

/** Types whose values are plain in an object: small integers and booleans. */
const smallIntegers = new Set([21, 23])
const boolean = 16

/** A value as it stands in an object, from the server's text. */
export function scalarOf(text: string | null, type: number): Scalar {
  if (text === null) return null
  if (smallIntegers.has(type)) return Number(text)
  return type === boolean ? text === 't' : text
}
