import { isSecretName } from '@millrace/core'
import type { ConnectionConfig } from '../context.ts'
import type { Json } from '../json.ts'

/** Shorter ones occur by chance. */
const shortest = 4

/** The values a task was given in confidence, to be masked wherever they come out again. */
export class SecretValues implements Iterable<string> {
  readonly #values = new Set<string>()

  add(value: string): void {
    if (value.length >= shortest) this.#values.add(value)
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#values.values()
  }

  addConnection(connection: ConnectionConfig): void {
    for (const secret of connectionSecrets(connection)) this.add(secret)
  }

  /** The same value with secrets replaced; only exact ones, so that what merely looks secret reaches its consumer. */
  mask(value: Json): Json {
    if (this.#values.size === 0) return value
    if (typeof value === 'string') return this.#maskText(value)
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map((entry) => this.mask(entry))
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [this.#maskText(key), this.mask(entry)]))
  }

  #maskText(text: string): string {
    let masked = text
    for (const secret of [...this.#values].sort((a, b) => b.length - a.length))
      masked = masked.replaceAll(secret, '***')
    return masked
  }
}

/** Secret values of a connection: those of its secret fields, passwords of URIs, and what a secret JSON document holds. */
export function connectionSecrets({ values, secretFields = [] }: ConnectionConfig): string[] {
  const fields = new Set(secretFields)
  return Object.entries(values).flatMap(([name, value]) => {
    if (typeof value !== 'string') return []
    const password = URL.canParse(value) ? new URL(value).password : ''
    return [
      ...(isSecretName(name, fields) ? [value, ...secretsInDocument(value)] : []),
      ...(password === '' ? [] : [password, decode(password)]),
    ]
  })
}

/** Such as the private key of the JSON of a service account. */
function secretsInDocument(text: string): string[] {
  if (!text.trimStart().startsWith('{')) return []
  try {
    return Object.entries(JSON.parse(text) as Readonly<Record<string, unknown>>).flatMap(([name, value]) =>
      isSecretName(name) && typeof value === 'string' ? [value] : [],
    )
  } catch {
    return []
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
