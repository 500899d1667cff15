import { ConfigError } from '@millrace/core'
import type { TableRef } from './source.ts'

interface NamePart {
  readonly text: string
  readonly quoted: boolean
}

/**
 * Parses `orders`, `public.orders` or `public."My.Table"`. A quoted part may hold anything, with
 * `""` for a quote. Names are taken as written: no case folding.
 */
export function parseTableName(name: string): TableRef {
  const parts = splitName(name).map((part) => part.text)
  return { scope: parts.slice(0, -1), name: parts.at(-1) ?? '' }
}

/** The inverse of `parseTableName`: quotes only the parts that need it. */
export function formatTableName(table: TableRef): string {
  return [...table.scope, table.name]
    .map((part) => (/^[^\s".*?]+$/u.test(part) ? part : `"${part.replaceAll('"', '""')}"`))
    .join('.')
}

export interface TablePattern {
  /** The pattern for the scope next to the name; null when only a name was given. */
  readonly scope: ((scope: string) => boolean) | null
  readonly name: (name: string) => boolean
  /** False when the pattern has no wildcard and so names one table, which has to exist. */
  readonly wildcard: boolean
  readonly text: string
}

/** Parses a pattern; `*` (any characters) and `?` (one) are wildcards in unquoted parts. */
export function parseTablePattern(pattern: string): TablePattern {
  const parts = splitName(pattern)
  const name = parts.at(-1)
  const scope = parts.at(-2)
  return {
    scope: scope ? partMatcher(scope) : null,
    name: name ? partMatcher(name) : () => false,
    wildcard: parts.some((part) => !part.quoted && /[*?]/.test(part.text)),
    text: pattern,
  }
}

/** Whether a pattern of one part (`order_*`) matches. */
export function matchesPattern(pattern: TablePattern, table: TableRef): boolean {
  const scope = table.scope.at(-1)
  return pattern.name(table.name) && (pattern.scope === null || (scope !== undefined && pattern.scope(scope)))
}

function partMatcher(part: NamePart): (text: string) => boolean {
  if (part.quoted || !/[*?]/.test(part.text)) return (text) => text === part.text
  const source = part.text
    .replace(/[\\^$.+()|[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  const expression = new RegExp(`^${source}$`, 'su')
  return (text) => expression.test(text)
}

function splitName(name: string): NamePart[] {
  const parts: NamePart[] = []
  let at = 0
  while (at <= name.length) {
    if (name[at] === '"') {
      let text = ''
      let end = at + 1
      for (;;) {
        const quote = name.indexOf('"', end)
        if (quote < 0) throw badName(name, 'a quote is not closed')
        text += name.slice(end, quote)
        end = quote + 1
        if (name[end] !== '"') break
        text += '"'
        end++
      }
      if (end < name.length && name[end] !== '.') throw badName(name, 'a dot must follow a quoted part')
      parts.push({ text, quoted: true })
      at = end + 1
    } else {
      const dot = name.indexOf('.', at)
      const end = dot < 0 ? name.length : dot
      parts.push({ text: name.slice(at, end), quoted: false })
      at = end + 1
    }
    if (parts.at(-1)?.text === '') throw badName(name, 'a part is empty')
  }
  return parts
}

function badName(name: string, reason: string): ConfigError {
  return new ConfigError('INVALID_TABLE_NAME', {
    message: `"${name}" is not a table name: ${reason}. Write it like orders, public.orders or public."odd.name".`,
    details: { name },
  })
}
