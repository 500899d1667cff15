/** The JSON that somebody typed, or the text where it is none. */
export function variableValue(typed: string): unknown {
  try {
    return JSON.parse(typed)
  } catch {
    return typed
  }
}

/** What a form begins with, so that saving it unchanged leaves the value as it is. */
export function variableText(value: unknown): string {
  if (typeof value === 'string' && variableValue(value) === value) return value
  return JSON.stringify(value, null, 2)
}
