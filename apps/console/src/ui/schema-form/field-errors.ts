/** Sentences by field, as `config.port` or `port`. */
export type FieldErrors = Readonly<Record<string, string>>

/** Which of these fields a message of the server is about: it names them in quotes, or by their place. */
export function fieldErrors(message: string, fields: readonly string[]): FieldErrors {
  const named = fields.filter((field) => message.includes(`"${field}"`) || message.includes(`.${field}:`))
  return Object.fromEntries(named.map((field) => [field, message]))
}
