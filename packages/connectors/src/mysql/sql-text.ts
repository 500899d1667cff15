/** An identifier in backticks; safe for any name. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``
}

export function quoteNames(names: readonly string[]): string {
  return names.map(quoteName).join(', ')
}

export function qualified(database: string, table: string): string {
  return `${quoteName(database)}.${quoteName(table)}`
}

const escapes: Readonly<Record<string, string>> = { '\0': '\\0', "'": "\\'", '\\': '\\\\', '\x1a': '\\Z' }

/** A string literal; every session of ours has backslash escapes switched on. */
export function literal(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that have an escape
  return `'${text.replace(/[\0'\\\x1a]/g, (character) => escapes[character] ?? character)}'`
}
