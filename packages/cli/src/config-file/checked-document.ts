import { ConfigError, closestName } from '@millrace/core'
import { Ajv, type ErrorObject } from 'ajv'
import { type Document, isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import { type Environment, interpolate } from './interpolate.ts'
import { configFileSchema } from './schema.ts'

/** The plain content of a file that is valid YAML, has all its variables and fits the schema. */
export function checkedDocument(
  text: string,
  path: string,
  environment: Environment,
  part: 'all' | 'connections' = 'all',
): unknown {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const at = (offset: number | undefined) => {
    const { line, col } = lines.linePos(offset ?? 0)
    return `${path}:${line}:${col}`
  }
  const problem = document.errors[0]
  if (problem) {
    throw new ConfigError('FILE_INVALID', {
      message: `${at(problem.pos[0])}: this is not YAML: ${problem.message.split('\n')[0]?.replace(/ at line.*$/, '')}.`,
    })
  }
  const unset = interpolate(document, environment)
  const [first] = unset
  if (first && part === 'all') {
    throw new ConfigError('VARIABLE_UNSET', {
      message: `${at(first.offset)}: the environment variable ${first.name} is not set. Set it, or write \${${first.name}:-default} to give it a default.`,
      details: { variables: [...new Set(unset.map(({ name }) => name))] },
    })
  }
  const whole: unknown = document.toJS() ?? {}
  const content = part === 'all' ? whole : { connections: (whole as { connections?: unknown }).connections ?? {} }
  const validate = new Ajv({ allErrors: true, verbose: true, strict: false }).compile(configFileSchema())
  if (!validate(content)) {
    const messages = explain(validate.errors ?? []).map(
      (error) => `${at(offsetOf(document, error))}: ${sentence(error)}`,
    )
    throw new ConfigError('FILE_INVALID', { message: [...new Set(messages)].join('\n') })
  }
  return content
}

/** Of the alternatives of an `anyOf` only the summary is of use. */
function explain(errors: readonly ErrorObject[]): ErrorObject[] {
  const summaries = errors.filter(({ keyword }) => keyword === 'anyOf').map(({ instancePath }) => instancePath)
  return errors.filter(
    ({ keyword, instancePath }) =>
      keyword === 'anyOf' || !summaries.some((path) => instancePath === path || instancePath.startsWith(`${path}/`)),
  )
}

function sentence(error: ErrorObject): string {
  const keys = pathOf(error)
  const place = keys.length === 0 ? 'the file' : `"${keys.join('.')}"`
  switch (error.keyword) {
    case 'additionalProperties': {
      const known = Object.keys((error.parentSchema?.properties as object | undefined) ?? {})
      const name = String(error.params.additionalProperty)
      const closest = closestName(name, known)
      return `unknown key "${name}". ${closest ? `Did you mean "${closest}"?` : `Known are: ${known.join(', ')}.`}`
    }
    case 'required':
      return `${place} needs "${error.params.missingProperty}".`
    case 'enum': {
      const allowed = (error.params.allowedValues as unknown[]).filter((value) => value !== null).map(String)
      const closest = closestName(String(error.data), allowed)
      return `${place} must be ${allowed.join(', ')}; ${closest ? `did you mean ${closest}?` : `"${String(error.data)}" is none of them.`}`
    }
    case 'type':
      return `${place} must be ${[error.params.type].flat().map(typeName).join(' or ')}.`
    case 'anyOf':
      return keys[0] === 'connections'
        ? `${place} must be a URI, or "connector" with its values.`
        : `${place} must be a name or a list of names.`
    case 'pattern':
      return `${place} must be a number with or without a unit, not "${String(error.data)}".`
    default:
      return `${place} ${error.message}.`
  }
}

function typeName(type: string): string {
  const names: Readonly<Record<string, string>> = {
    string: 'text',
    integer: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a map',
  }
  return names[type] ?? type
}

function pathOf(error: ErrorObject): string[] {
  return error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function offsetOf(document: Document, error: ErrorObject): number | undefined {
  const keys = pathOf(error)
  const node = keys.length === 0 ? document.contents : (document.getIn(keys, true) as Node | undefined)
  const inner = error.params.additionalProperty as string | undefined
  if (inner !== undefined && isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && key.value === inner)
    if (isScalar(pair?.key)) return pair.key.range?.[0]
  }
  return node?.range?.[0]
}
