const mask = '***'

/** Shorter values occur by chance; they are masked in named fields and URIs only. */
const shortestSecret = 4

/** The same for a line of a secret of several lines. */
const shortestLine = 8

// A scheme is short: without a limit, a long line without spaces would be read from each of its characters to its end.
const uriPassword = /([a-z][a-z0-9+.-]{0,40}:\/\/[^\s:/?#@]*:)([^\s/?#]*)@/gi
const secretParameter =
  /([?&;](?:[a-z_-]*(?:password|passwd|pwd|secret|token|apikey|api_key|signature))=)([^&\s#;"']+)/gi
const secretName =
  /(password|passwd|pwd|passphrase|secret|token|apikey|accesskey|secretkey|privatekey|credential|credentials|authorization|cookie)$/

/**
 * Masks secrets in free text: each given value, plain or as it looks inside a URI or a JSON string,
 * passwords of URIs, and query parameters that are named like secrets.
 */
export function redact(text: string, secrets: Iterable<string> = []): string {
  return redactSpellings(text, spellings(secrets))
}

function redactSpellings(text: string, spelled: readonly string[]): string {
  let result = text
  for (const secret of spelled) result = result.replaceAll(secret, mask)
  // Every text of every line of a log comes through here, and hardly one of them is a URI.
  if (result.includes('://')) result = result.replace(uriPassword, `$1${mask}@`)
  if (result.includes('=')) result = result.replace(secretParameter, `$1${mask}`)
  return result
}

/** Whether a field is secret by its name: `password`, `apiKey`, `TB_TOKEN`, or one of the given names. */
export function isSecretName(name: string, secretFields: ReadonlySet<string> = new Set()): boolean {
  return secretFields.has(name) || isSecretByItself(name)
}

const knownNames = new Map<string, boolean>()
const mostKnownNames = 10_000

function isSecretByItself(name: string): boolean {
  const known = knownNames.get(name)
  if (known !== undefined) return known
  const isSecret = secretName.test(name.toLowerCase().replace(/[_\-\s]/g, ''))
  if (knownNames.size >= mostKnownNames) knownNames.clear()
  knownNames.set(name, isSecret)
  return isSecret
}

/** A deep copy in which secret fields are masked and all text is redacted. */
export function redactFields(
  value: unknown,
  secretFields: ReadonlySet<string>,
  secrets: Iterable<string> = [],
): unknown {
  const spelled = spellings(secrets)
  const walk = (item: unknown, depth: number): unknown => {
    if (typeof item === 'string') return redactSpellings(item, spelled)
    if (typeof item !== 'object' || item === null) return item
    if (depth > 12) return '[too deep]'
    if (item instanceof Error) return walk(describeError(item), depth + 1)
    if (Array.isArray(item)) return item.map((entry) => walk(entry, depth + 1))
    if (item instanceof Date || item instanceof URL)
      return redactSpellings(String(item instanceof Date ? item.toJSON() : item), spelled)
    if (ArrayBuffer.isView(item)) return `[${item.byteLength} bytes]`
    return Object.fromEntries(
      Object.entries(item).map(([name, entry]) => [
        name,
        isSecretName(name, secretFields) && entry !== null && entry !== undefined ? mask : walk(entry, depth + 1),
      ]),
    )
  }
  return walk(value, 0)
}

function describeError(error: Error): Record<string, unknown> {
  const { name, message, stack, cause } = error
  return { ...error, type: name, message, stack, ...(cause === undefined ? {} : { cause }) }
}

/** A log has the same secrets from line to line. */
let lastSpelled: { readonly given: readonly string[]; readonly all: readonly string[] } = { given: [], all: [] }

function spellings(secrets: Iterable<string>): readonly string[] {
  const given = [...secrets]
  if (given.length === lastSpelled.given.length && given.every((secret, at) => secret === lastSpelled.given[at])) {
    return lastSpelled.all
  }
  const all = spell(given)
  lastSpelled = { given, all }
  return all
}

/** Lines too, since logs are made of them, and a key in PEM has many. Longest first, so that a secret which contains another is masked whole. */
function spell(secrets: readonly string[]): string[] {
  const all = new Set<string>()
  for (const secret of secrets) {
    if (secret.length < shortestSecret) continue
    all.add(secret)
    all.add(encodeURIComponent(secret))
    all.add(encodeURI(secret))
    all.add(JSON.stringify(secret).slice(1, -1))
    if (!secret.includes('\n')) continue
    for (const line of secret.split('\n')) if (line.trim().length >= shortestLine) all.add(line.trim())
  }
  return [...all].sort((a, b) => b.length - a.length)
}
