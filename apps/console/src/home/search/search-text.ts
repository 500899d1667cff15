/** The text with `field:value` in it, or without it where it was there. */
export function toggled(text: string, field: string, value: string): string {
  const term = termOf(field, value)
  const words = wordsOf(text)
  const rest = words.filter((word) => word.toLowerCase() !== term.toLowerCase())
  return (rest.length < words.length ? rest : [...words, term]).join(' ')
}

export function hasTerm(text: string, field: string, value: string): boolean {
  const term = termOf(field, value).toLowerCase()
  return wordsOf(text).some((word) => word.toLowerCase() === term)
}

/** Whether it is words only, which names of workflows are looked for by as well. */
export function isPlain(text: string): boolean {
  return text.trim() !== '' && !/[:<>"]/.test(text)
}

function termOf(field: string, value: string): string {
  const isSimple = /^[\w-]+$/.test(value)
  return `${field}:${isSimple ? value : `"${value.replace(/["\\]/g, '\\$&')}"`}`
}

/** Split at spaces that are not within quotation marks. */
function wordsOf(text: string): string[] {
  return text.match(/(?:"(?:\\.|[^"\\])*"?|[^\s"])+/g) ?? []
}
