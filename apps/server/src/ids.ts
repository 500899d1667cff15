import { z } from '@hono/zod-openapi'
import { monotonicFactory } from 'ulid'

const next = monotonicFactory()

/** A ULID: ids made later by this process sort behind those made before. */
export function newId(): string {
  return next()
}

export const ulidText = z
  .string()
  .regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, 'has to be a ULID, 26 characters')
  .openapi({ example: '01JD3Z6Q7N6YXQ0M2R4T8V9WAB' })
