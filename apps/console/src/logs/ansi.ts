/** A piece of a line that a terminal would show in one style. */
export interface AnsiPart {
  readonly text: string
  /** 0–7 the usual colors, 8–15 the bright ones. */
  readonly color?: number
  readonly isBold?: boolean
  readonly isDim?: boolean
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences of terminals begin with one
const sequences = /\u001b\[([0-9;]*)([A-Za-z])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[@-_]/g
const escapeCharacter = '\u001b'

/** Colors as terminals understand them; other escape sequences are left out. */
export function ansiParts(text: string): readonly AnsiPart[] {
  if (!text.includes(escapeCharacter)) return [{ text }]
  const parts: AnsiPart[] = []
  let style: Omit<AnsiPart, 'text'> = {}
  let at = 0
  const push = (end: number) => {
    if (end > at) parts.push({ text: text.slice(at, end), ...style })
  }
  for (const match of text.matchAll(sequences)) {
    push(match.index)
    at = match.index + match[0].length
    if (match[2] === 'm') style = styled(style, match[1] ?? '')
  }
  push(text.length)
  return parts
}

/** The text without escape sequences. */
export function withoutAnsi(text: string): string {
  return text.includes(escapeCharacter) ? text.replace(sequences, '') : text
}

function styled(before: Omit<AnsiPart, 'text'>, codes: string): Omit<AnsiPart, 'text'> {
  let { color, isBold = false, isDim = false } = before
  const numbers = codes.split(';').map(Number)
  for (let at = 0; at < numbers.length; at++) {
    const code = numbers[at] ?? 0
    if (code === 0) [color, isBold, isDim] = [undefined, false, false]
    else if (code === 1) isBold = true
    else if (code === 2) isDim = true
    else if (code === 22) [isBold, isDim] = [false, false]
    else if (code >= 30 && code <= 37) color = code - 30
    else if (code >= 90 && code <= 97) color = code - 82
    else if (code === 39) color = undefined
    else if (code === 38 || code === 48) {
      // Of 256 colors the first 16 are the usual ones; any other, and any of millions, is left as it is.
      if (code === 38 && numbers[at + 1] === 5 && (numbers[at + 2] ?? 16) < 16) color = numbers[at + 2]
      at += numbers[at + 1] === 5 ? 2 : 4
    }
  }
  return { ...(color === undefined ? {} : { color }), ...(isBold ? { isBold } : {}), ...(isDim ? { isDim } : {}) }
}
