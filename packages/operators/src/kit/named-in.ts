import type { JsonSchema } from '@millrace/workflow'

export interface Named {
  /** Where it stands, as a JSON pointer: `/from/connection`. */
  readonly path: string
  readonly name: string
}

type Part = Readonly<Record<string, unknown>>

/** The connections or secrets that a configuration names, by the marks of its schema. */
export function namedIn(schema: JsonSchema, config: unknown, mark: 'x-connection' | 'x-secret'): Named[] {
  const found = new Map<string, Named>()
  const walk = (part: Part, value: unknown, path: string): void => {
    if (part[mark] === true && typeof value === 'string') found.set(path, { path, name: value })
    for (const form of (part.oneOf ?? part.anyOf ?? []) as Part[]) walk(form, value, path)
    if (Array.isArray(value)) {
      if (part.items) for (const [index, item] of value.entries()) walk(part.items as Part, item, `${path}/${index}`)
      return
    }
    if (typeof value !== 'object' || value === null) return
    const properties = (part.properties ?? {}) as Readonly<Record<string, Part>>
    for (const [name, child] of Object.entries(value)) {
      const own = properties[name] ?? part.additionalProperties
      if (typeof own === 'object' && own !== null) walk(own as Part, child, `${path}/${name}`)
    }
  }
  walk(schema, config, '')
  return [...found.values()]
}
