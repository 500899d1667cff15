import { createHash } from 'node:crypto'

/** The server keeps every prepared statement of every connection in memory. */
const mostNames = 1000

/**
 * Names under which statements are prepared, made from their text, so that every connection parses and
 * plans a statement once.
 */
export class StatementNames {
  readonly #names = new Map<string, string>()
  #generation = 0
  #isOn: boolean

  constructor(isOn: boolean) {
    this.#isOn = isOn
  }

  /** Undefined when the statement is to be sent without being prepared. */
  of(text: string): string | undefined {
    if (!this.#isOn) return undefined
    const known = this.#names.get(text)
    if (known !== undefined) return known
    if (this.#names.size >= mostNames) return undefined
    const hash = createHash('sha256').update(text).digest('base64url').slice(0, 22)
    const name = `millrace_${this.#generation}_${hash}`
    this.#names.set(text, name)
    return name
  }

  /** After a table changed its columns: everything is prepared again, under new names. */
  renew(): void {
    this.#generation++
    this.#names.clear()
  }

  /** Behind a pooler that changes the server under a connection, names mean nothing. */
  turnOff(): void {
    this.#isOn = false
  }
}
