import type { ConfigSchema, ConfigValues } from './config-schema.ts'

export const redacted = '***'

/** The configuration with every secret value replaced. */
export function redactConfig(schema: ConfigSchema, values: ConfigValues): ConfigValues {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, schema.secret.includes(name) ? redacted : value]),
  )
}

/** The secret values of a configuration, for `redactText`. */
export function secretsOf(schema: ConfigSchema, values: ConfigValues): string[] {
  return schema.secret
    .map((name) => values[name])
    .filter((value) => value !== undefined && value !== '')
    .map(String)
}

/** Replaces secrets, also in the form in which a URI carries them. Longer ones first, since one may hold another. */
export function redactText(text: string, secrets: readonly string[]): string {
  const forms = secrets.flatMap((secret) => [secret, encodeURIComponent(secret)])
  let result = text
  for (const form of forms.sort((a, b) => b.length - a.length)) result = result.replaceAll(form, redacted)
  return result
}
