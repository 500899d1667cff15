import { hash } from 'node:crypto'
import type { JWTPayload } from 'jose'

interface Verified {
  readonly payload: JWTPayload
  /** What it was verified with. */
  readonly keys: object
}

/**
 * Claims of tokens whose signatures were verified, so that one that comes with every request is verified once. A token is known for as
 * long as the keys are those that it was verified with: once the issuer's were read again, every token is verified again.
 * They are kept by their hashes, since whoever has a token may use it. Whether one has expired is for the caller to see.
 */
export function verifiedTokens({ mostKnown }: { readonly mostKnown: number }) {
  const known = new Map<string, Verified>()
  return {
    find(token: string, keys: object): JWTPayload | undefined {
      const name = nameOf(token)
      const verified = known.get(name)
      if (verified === undefined) return undefined
      known.delete(name)
      if (verified.keys !== keys) return undefined
      known.set(name, verified)
      return verified.payload
    },
    note(token: string, verified: Verified): void {
      known.set(nameOf(token), verified)
      if (known.size > mostKnown) known.delete(known.keys().next().value ?? '')
    },
  }
}

function nameOf(token: string): string {
  return hash('sha256', token, 'base64')
}
