import { z } from '@hono/zod-openapi'

/** ISO 8601 in UTC. */
export const time = z.string().openapi({ format: 'date-time' })

/** Any JSON; nulls in it are the user's and stay. */
export const json = z.unknown().openapi({ description: 'Any JSON.' })

export const jsonMap = z.record(z.string(), z.unknown())

export const workflowName = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[\w.-]+$/, 'has to consist of letters, digits, ".", "_" and "-"')

/** Names of pools and variables. */
export const plainName = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[\w.:/-]+$/, 'has to consist of letters, digits, and ".", "_", "-", ":", "/"')

export const runIdText = z.string().regex(/^[1-9]\d{0,14}$/, 'has to be the number of a run')

export const sha256Text = z.string().regex(/^[0-9a-f]{64}$/, 'has to be a SHA-256 in lower-case hexadecimal')

/** Text in a log, a reason or a name; NUL cannot be stored. */
export function text(maximum: number) {
  return z
    .string()
    .max(maximum)
    .regex(/^[^\0]*$/, 'must not hold null characters')
}

export function isoTime(date: Date): string
export function isoTime(date: Date | null): string | null
export function isoTime(date: Date | null): string | null {
  return date === null ? null : date.toISOString()
}
