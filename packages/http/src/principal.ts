import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

/** Who asks, as an authenticator found it out. */
export interface Principal {
  /** Such as `user` or `worker`. */
  readonly kind: string
  readonly id: string
  /** For logs. */
  readonly name: string
}

/** Finds out who asks; null when the request shows nothing that it knows. The first that answers wins. */
export type Authenticate<P extends Principal> = (request: Request) => Promise<P | null> | P | null

/** The token of `Authorization: Bearer …`. */
export function bearerToken(request: Request): string | null {
  const match = /^bearer +([^\s]+)$/i.exec(request.headers.get('authorization') ?? '')
  return match?.[1] ?? null
}

/** 256 random bits behind a prefix that says what the token is for, so that scanners can find leaked ones. */
export function createToken(prefix: string): string {
  return `${prefix}_${randomBytes(32).toString('base64url')}`
}

/** What is kept of a token. A plain hash is enough, because tokens are random. */
export function hashToken(token: string): Buffer {
  return hash('sha256', token, 'buffer')
}

/** Compares by hash, so that the time taken says nothing about the token. */
export function isSameToken(given: string, expected: string): boolean {
  return timingSafeEqual(hashToken(given), hashToken(expected))
}
