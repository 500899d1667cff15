/*
 * Parts of a JSON text as they were written: a number of thirty digits stays one. The text has been
 * parsed before, so that here it is known to be JSON.
 */

/** The value at a dotted path; null where there is none. `''` is the whole text. */
export function sliceAt(text: string, path: string): string | null {
  let value = text.slice(space(text, 0)).trimEnd()
  for (const name of path === '' ? [] : path.split('.')) {
    const found = member(value, name)
    if (found === null) return null
    value = found
  }
  return value
}

/** The elements of an array. */
export function* elements(text: string): Generator<string> {
  let at = space(text, 1)
  while (text[at] !== ']') {
    const end = valueEnd(text, at)
    yield text.slice(at, end)
    at = space(text, end)
    if (text[at] === ',') at = space(text, at + 1)
  }
}

/** The last member of a name counts, as it does to `JSON.parse`. */
function member(text: string, name: string): string | null {
  if (text[0] !== '{') return null
  let found: string | null = null
  let at = space(text, 1)
  while (text[at] !== '}') {
    const keyEnd = valueEnd(text, at)
    const key = JSON.parse(text.slice(at, keyEnd)) as string
    const start = space(text, space(text, keyEnd) + 1)
    const end = valueEnd(text, start)
    if (key === name) found = text.slice(start, end)
    at = space(text, end)
    if (text[at] === ',') at = space(text, at + 1)
  }
  return found
}

function space(text: string, from: number): number {
  let at = from
  while (at < text.length && ' \t\r\n'.includes(text[at] as string)) at++
  return at
}

function valueEnd(text: string, from: number): number {
  const first = text[from]
  if (first === '"') return stringEnd(text, from)
  if (first !== '{' && first !== '[') {
    let at = from
    while (at < text.length && !',]} \t\r\n'.includes(text[at] as string)) at++
    return at
  }
  let depth = 0
  for (let at = from; ; at++) {
    const character = text[at]
    if (character === '"') at = stringEnd(text, at) - 1
    else if (character === '{' || character === '[') depth++
    else if ((character === '}' || character === ']') && --depth === 0) return at + 1
  }
}

function stringEnd(text: string, from: number): number {
  let at = from + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}
