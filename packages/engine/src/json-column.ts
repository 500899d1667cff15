/** What `JSON.stringify` writes for the two things that jsonb does not take: NUL, and half a surrogate pair. */
const unstorable = /\\u(?:0000|d[89a-f][0-9a-f]{2})/

export function fitsJsonColumn(text: string): boolean {
  return !unstorable.test(text)
}

/** Text for a jsonb column. What the column does not take is replaced by U+FFFD, as in any text that is shown. */
export function jsonColumn(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null'
  if (fitsJsonColumn(text)) return text
  return JSON.stringify(value, (_, part) => (typeof part === 'string' ? storable(part) : part))
}

export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd')
}
