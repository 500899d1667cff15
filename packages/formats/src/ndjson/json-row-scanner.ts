const quote = 0x22
const backslash = 0x5c
const minus = 0x2d

/**
 * Finds the values of one JSON object after another, as positions of their raw tokens. Keys get
 * places in the order of their first appearance.
 */
export class JsonRowScanner {
  readonly keys: string[] = []
  /** Of the row that was scanned last, by the key's place. A length of -1 is null, or a key that is not there. */
  starts = new Int32Array(64)
  lengths = new Int32Array(64)
  /** 1 for strings that hold an escape. */
  escaped = new Uint8Array(64)
  readonly #places = new Map<string, number>()
  /** The keys' raw tokens: most rows have the same keys in the same order. */
  readonly #tokens: Buffer[] = []
  #stringEscaped = false

  /** `keys` are those that are known already, in their places. */
  constructor(keys: readonly string[] = []) {
    for (const key of keys) {
      const token = Buffer.from(JSON.stringify(key))
      this.#placeOf(token, 0, token.length)
    }
  }

  /** Scans the object between `start` and `end`. False when there is no object, or more than one. */
  scan(data: Buffer, start: number, end: number): boolean {
    this.lengths.fill(-1, 0, this.keys.length)
    let at = skipJsonSpace(data, start, end)
    if (data[at] !== 0x7b) return false
    at = skipJsonSpace(data, at + 1, end)
    if (data[at] === 0x7d) return skipJsonSpace(data, at + 1, end) === end
    for (let expected = 0; ; ) {
      let place = expected
      const keyEnd = this.#expect(data, at, expected)
      if (keyEnd > 0) at = keyEnd
      else {
        const close = data[at] === quote ? this.#stringEnd(data, at, end) : -1
        if (close < 0) return false
        place = this.#placeOf(data, at, close)
        if (place < 0) return false
        at = close
      }
      expected = place + 1
      at = skipJsonSpace(data, at, end)
      if (data[at] !== 0x3a) return false
      at = skipJsonSpace(data, at + 1, end)
      const from = at
      this.#stringEscaped = false
      at = this.#tokenEnd(data, at, end)
      if (at < 0) return false
      this.starts[place] = from
      this.lengths[place] = data[from] === 0x6e ? -1 : at - from
      this.escaped[place] = this.#stringEscaped ? 1 : 0
      at = skipJsonSpace(data, at, end)
      if (data[at] === 0x2c) at = skipJsonSpace(data, at + 1, end)
      else if (data[at] === 0x7d) return skipJsonSpace(data, at + 1, end) === end
      else return false
    }
  }

  /** Where the key that usually comes next ends, 0 when another stands there. */
  #expect(data: Buffer, at: number, place: number): number {
    const token = this.#tokens[place]
    if (token === undefined) return 0
    const length = token.length
    for (let i = 0; i < length; i++) if (data[at + i] !== token[i]) return 0
    return at + length
  }

  /** -1 when the key is not a JSON string. */
  #placeOf(data: Buffer, start: number, end: number): number {
    const raw = data.toString('utf8', start, end)
    let key = raw.slice(1, -1)
    if (key.includes('\\')) {
      try {
        key = JSON.parse(raw) as string
      } catch {
        return -1
      }
    }
    const known = this.#places.get(key)
    if (known !== undefined) return known
    const place = this.keys.push(key) - 1
    this.#places.set(key, place)
    this.#tokens.push(Buffer.from(data.subarray(start, end)))
    if (place === this.starts.length) this.#grow()
    this.lengths[place] = -1
    return place
  }

  #grow(): void {
    const { starts, lengths, escaped } = this
    this.starts = new Int32Array(starts.length * 2)
    this.lengths = new Int32Array(starts.length * 2)
    this.escaped = new Uint8Array(starts.length * 2)
    this.starts.set(starts)
    this.lengths.set(lengths)
    this.escaped.set(escaped)
  }

  /** Where the token that begins here ends, -1 when it does not. */
  #tokenEnd(data: Buffer, start: number, end: number): number {
    const first = data[start]
    switch (first) {
      case quote:
        return this.#stringEnd(data, start, end)
      case 0x7b:
      case 0x5b: {
        let depth = 0
        for (let i = start; i < end; i++) {
          const byte = data[i]!
          if (byte === quote) {
            i = this.#stringEnd(data, i, end) - 1
            if (i < 0) return -1
          } else if (byte === 0x7b || byte === 0x5b) depth++
          else if ((byte === 0x7d || byte === 0x5d) && --depth === 0) return i + 1
        }
        return -1
      }
      case 0x74:
        return wordEnd(data, start, 'true')
      case 0x66:
        return wordEnd(data, start, 'false')
      case 0x6e:
        return wordEnd(data, start, 'null')
      default:
        return numberEnd(data, start, end)
    }
  }

  #stringEnd(data: Buffer, start: number, end: number): number {
    for (let i = start + 1; i < end; i++) {
      const byte = data[i]!
      if (byte === quote) return i + 1
      if (byte === backslash) {
        this.#stringEscaped = true
        i++
      }
    }
    return -1
  }
}

export function skipJsonSpace(data: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && (data[at] === 0x20 || data[at] === 0x09 || data[at] === 0x0d)) at++
  return at
}

function wordEnd(data: Buffer, start: number, word: string): number {
  for (let i = 0; i < word.length; i++) if (data[start + i] !== word.charCodeAt(i)) return -1
  return start + word.length
}

function digitsEnd(data: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && data[at]! >= 0x30 && data[at]! <= 0x39) at++
  return at
}

function numberEnd(data: Buffer, start: number, end: number): number {
  const first = data[start] === minus ? start + 1 : start
  let at = digitsEnd(data, first, end)
  if (at === first || (data[first] === 0x30 && at - first > 1)) return -1
  if (data[at] === 0x2e) {
    const fraction = at + 1
    at = digitsEnd(data, fraction, end)
    if (at === fraction) return -1
  }
  if (at < end && (data[at]! | 0x20) === 0x65) {
    at++
    if (data[at] === minus || data[at] === 0x2b) at++
    const exponent = at
    at = digitsEnd(data, exponent, end)
    if (at === exponent) return -1
  }
  return at
}

/** What the letter after a backslash stands for; 0 where none may stand. */
const unescapes = new Uint8Array(256)
for (const [letter, meant] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t']) {
  unescapes[letter!.charCodeAt(0)] = meant!.charCodeAt(0)
}

/** Resolves the escapes of a string's content in place, which never makes it longer. Returns its new length, -1 for an escape that there is not. */
export function unescapeJson(data: Buffer, start: number, length: number): number {
  const end = start + length
  let to = start
  for (let i = start; i < end; ) {
    const byte = data[i++]!
    if (byte !== backslash) {
      data[to++] = byte
      continue
    }
    const letter = data[i++]!
    if (letter !== 0x75) {
      if (unescapes[letter] === 0) return -1
      data[to++] = unescapes[letter]!
      continue
    }
    let code = hexCode(data, i, end)
    i += 4
    if (code >= 0xd800 && code < 0xdc00 && data[i] === backslash && data[i + 1] === 0x75) {
      const low = hexCode(data, i + 2, end)
      if (low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
        i += 6
      }
    }
    if (code < 0) return -1
    to += data.write(String.fromCodePoint(code), to)
  }
  return to - start
}

function hexCode(data: Buffer, at: number, end: number): number {
  const text = data.toString('latin1', at, Math.min(at + 4, end))
  return /^[0-9a-fA-F]{4}$/.test(text) ? Number.parseInt(text, 16) : -1
}
