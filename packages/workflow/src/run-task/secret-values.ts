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

  addConnection({ values }: ConnectionConfig): void {
    for (const [name, value] of Object.entries(values)) {
      if (typeof value !== 'string') continue
      if (isSecretName(name)) this.add(value)
      const password = URL.canParse(value) ? new URL(value).password : ''
      if (password !== '') {
        this.add(password)
        this.add(decode(password))
      }
    }
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

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
