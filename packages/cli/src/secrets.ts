import { redact } from '@millrace/core'

/** Collects the secrets that this process learns, and masks them in everything it shows. */
export interface Secrets {
  add(values: Iterable<string>): void
  mask(text: string): string
}

export function createSecrets(): Secrets {
  const known = new Set<string>()
  return {
    add(values) {
      for (const value of values) if (value !== '') known.add(value)
    },
    mask: (text) => redact(text, known),
  }
}

/** A URI as it may stand in a manifest: without the password, and without parameters named like secrets. */
export function withoutPassword(uri: string): string {
  return uri
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^/?#@]*?):[^/?#]*@/i, '$1@')
    .replace(/([?&])[a-z_-]*(?:password|passwd|pwd|secret|token|key)=[^&#]*(&?)/gi, (_, start, more) =>
      more ? start : '',
    )
}
