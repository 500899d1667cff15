import { type Document, isScalar, Scalar, visit } from 'yaml'

export type Environment = Readonly<Record<string, string | undefined>>

// `$${` is a literal `${`.
const reference = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g

export interface UnsetVariable {
  readonly name: string
  readonly offset: number
}

/**
 * Replaces `${NAME}` and `${NAME:-default}` in the values of a parsed document, so that what a
 * variable holds can never become YAML. Returns what is not set and has no default.
 */
export function interpolate(document: Document, environment: Environment): UnsetVariable[] {
  const unset: UnsetVariable[] = []
  visit(document, {
    Scalar(key, node) {
      if (key === 'key' || typeof node.value !== 'string' || !node.value.includes('${')) return
      const text = node.value.replace(reference, (whole, name: string | undefined, fallback: string | undefined) => {
        if (name === undefined) return '${'
        const value = environment[name]
        // As in a shell, `:-` takes the default for an empty value, too.
        if (value !== undefined && (value !== '' || fallback === undefined)) return value
        if (fallback !== undefined) return fallback
        unset.push({ name, offset: node.range?.[0] ?? 0 })
        return whole
      })
      node.value = isPlainReference(node) ? typed(text) : text
    },
  })
  return unset
}

/** `parallel: ${N}` is a number when N is one; a quoted value stays text. */
function isPlainReference(node: unknown): boolean {
  return isScalar(node) && node.type === Scalar.PLAIN && /^\$\{[^}]*\}$/.test(String(node.source ?? node.value))
}

function typed(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  const number = Number(text)
  return text !== '' && String(number) === text && Number.isFinite(number) ? number : text
}
