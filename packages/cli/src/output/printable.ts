/** Names and messages come from other systems: control characters in them must not reach a terminal. */
export function printable(text: string, { lines = false }: { readonly lines?: boolean } = {}): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, (character) =>
    lines && character === '\n' ? character : '\ufffd',
  )
}
