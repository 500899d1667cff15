import { parseDocument, stringify } from 'yaml'
import { type Problem, problemsError } from '../problem.ts'
import { normalizeConfiguration } from './normalize.ts'
import { type Configuration, configurationSchema } from './schema.ts'

/** The same configuration gives the same bytes. */
export function formatConfiguration(configuration: Configuration): string {
  return stringify(normalizeConfiguration(configuration), { lineWidth: 0, aliasDuplicateObjects: false })
}

/**
 * Reads YAML or JSON. Comments are not kept.
 *
 * @throws ConfigError `CONFIGURATION_INVALID`, with every problem and its place
 */
export function parseConfiguration(text: string): Configuration {
  const document = parseDocument(text, { uniqueKeys: true, logLevel: 'error' })
  if (document.errors.length > 0) {
    refuse(
      document.errors.map(({ message }) => ({ place: '/', ...invalid, message: message.split('\n')[0] ?? message })),
    )
  }
  const parsed = configurationSchema.safeParse(readValue(() => document.toJS()))
  if (parsed.success) return normalizeConfiguration(parsed.data)
  return refuse(
    parsed.error.issues.map(({ path, message }) => ({
      place: `/${path.map(String).join('/')}`,
      ...invalid,
      message: `${message}.`,
    })),
  )
}

const invalid = { code: 'CONFIGURATION_INVALID' }

/** Aliases that multiply without end are refused where they are resolved. */
function readValue(read: () => unknown): unknown {
  try {
    return read()
  } catch (error) {
    return refuse([{ place: '/', ...invalid, message: error instanceof Error ? `${error.message}.` : String(error) }])
  }
}

function refuse(problems: readonly Problem[]): never {
  throw problemsError('CONFIGURATION_INVALID', 'The configuration cannot be read', problems)
}
