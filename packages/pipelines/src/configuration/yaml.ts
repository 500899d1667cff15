import { type Document, isMap, isScalar, isSeq, Lexer, Parser, parseDocument, stringify, visit } from 'yaml'
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
  checkNesting(text)
  const document = parseDocument(text, { uniqueKeys: true, logLevel: 'error' })
  if (document.errors.length > 0) {
    refuse(
      document.errors.map(({ message }) => ({ place: '/', ...invalid, message: message.split('\n')[0] ?? message })),
    )
  }
  keepDigits(document)
  const parsed = configurationSchema.safeParse(readValue(() => document.toJS()))
  if (parsed.success) {
    const odd = oddTexts(parsed.data)
    if (odd.length > 0) refuse(odd)
    return normalizeConfiguration(parsed.data)
  }
  return refuse(
    parsed.error.issues.map(({ path, message }) => ({
      place: `/${path.map(String).join('/')}`,
      ...invalid,
      message: `${message}.`,
    })),
  )
}

/** Texts that no database keeps. */
function oddTexts(value: unknown, path = ''): readonly Problem[] {
  if (typeof value === 'string') {
    if (value.isWellFormed() && !value.includes('\0')) return []
    const message = 'The text holds a null character or half a character, which cannot be stored. Take it out.'
    return [{ place: path, ...invalid, message }]
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, entry]) => [
    ...oddTexts(name, path === '' ? '/' : path),
    ...oddTexts(entry, `${path}/${name}`),
  ])
}

const invalid = { code: 'CONFIGURATION_INVALID' }

/** Far more than a configuration has. */
const mostNested = 64

/** Before it is composed, which is done by recursion: without room on the stack for it the process ends. */
function checkNesting(text: string): void {
  const parser = new Parser()
  for (const token of new Lexer().lex(text)) {
    for (const _ of parser.next(token)) {
      // Only how deep it stands counts.
    }
    if (parser.stack.length <= mostNested) continue
    const message = `It is nested more than ${mostNested} levels deep. Make it flatter.`
    refuse([{ place: '/', ...invalid, message }])
  }
}

/** Values of variables that are written as numbers keep what numbers lose: 007, 1.10, more digits than a number has. */
function keepDigits(document: Document): void {
  const pipelines = isMap(document.contents) ? document.contents.get('pipelines', true) : undefined
  if (!isSeq(pipelines)) return
  visit(pipelines, {
    Pair(_, { key, value }) {
      if (!isScalar(key) || key.value !== 'variables' || !isMap(value)) return
      for (const { value: given } of value.items) {
        if (!isScalar(given) || typeof given.value !== 'number' || given.source === undefined) continue
        if (String(given.value) !== given.source) given.value = given.source
      }
    },
  })
}

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
