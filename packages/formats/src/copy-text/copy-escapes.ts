/** What COPY's escape letters stand for; other letters stand for themselves. */
export const copyEscapes = Uint8Array.from({ length: 256 }, (_, byte) => byte)

/** The letter after the backslash, by byte; 0 for bytes that stand for themselves. */
export const postgresLetters = new Uint8Array(256)

/** The same for MySQL's LOAD DATA with its default `FIELDS ESCAPED BY '\\'`. */
export const mysqlLetters = new Uint8Array(256)

for (const [letter, byte] of [
  ['b', 0x08],
  ['f', 0x0c],
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
  ['v', 0x0b],
  ['\\', 0x5c],
] as const) {
  copyEscapes[letter.charCodeAt(0)] = byte
  postgresLetters[byte] = letter.charCodeAt(0)
}

for (const [letter, byte] of [
  ['0', 0x00],
  ['b', 0x08],
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
  ['Z', 0x1a],
  ['\\', 0x5c],
] as const) {
  mysqlLetters[byte] = letter.charCodeAt(0)
}
