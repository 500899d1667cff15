import type { OutputUnit, Schema } from '@cfworker/json-schema'

/** What is wrong with a value, for the person who typed it; undefined for what another error says more exactly. */
export function errorSentence({ keyword, error }: OutputUnit, schema: Schema | undefined): string | undefined {
  const limit = schema?.[keyword]
  switch (keyword) {
    case 'type':
      return typeSentence(schema?.type)
    case 'enum':
      return `Choose one of ${(schema?.enum ?? []).map((one) => `${one}`).join(', ')}.`
    case 'const':
      return `This has to be ${JSON.stringify(schema?.const)}.`
    case 'minLength':
      return limit === 1 ? 'This must not be empty.' : `Give at least ${limit} characters.`
    case 'maxLength':
      return `Give at most ${limit} characters.`
    case 'pattern':
      return `This has to match ${schema?.pattern}.`
    case 'format':
      return `This has to be ${formatText(schema?.format)}.`
    case 'minimum':
      return `The least is ${limit}.`
    case 'maximum':
      return `The most is ${limit}.`
    case 'exclusiveMinimum':
      return `This has to be more than ${limit}.`
    case 'exclusiveMaximum':
      return `This has to be less than ${limit}.`
    case 'multipleOf':
      return `This has to be a multiple of ${limit}.`
    case 'minItems':
      return limit === 1 ? 'Add at least one.' : `Add at least ${limit}.`
    case 'maxItems':
      return `At most ${limit} are taken.`
    case 'uniqueItems':
      return 'Each may stand here once only.'
    case 'minProperties':
      return limit === 1 ? 'Add at least one.' : `Add at least ${limit}.`
    case 'oneOf':
    case 'anyOf':
      return 'This fits none of the choices.'
    // Each of these only says that something within is wrong.
    case 'properties':
    case 'items':
    case 'prefixItems':
    case 'allOf':
    case '$ref':
    case 'false':
    case 'if':
      return undefined
    default:
      return error
  }
}

function typeSentence(type: Schema['type']): string {
  const names: Readonly<Record<string, string>> = {
    integer: 'a whole number',
    number: 'a number',
    string: 'a text',
    boolean: 'yes or no',
    array: 'a list',
    object: 'a group of fields',
    null: 'empty',
  }
  const wanted = (Array.isArray(type) ? type : [type]).map((one) => names[`${one}`] ?? 'of another type')
  return `This has to be ${wanted.join(' or ')}.`
}

function formatText(format: string | undefined): string {
  const texts: Readonly<Record<string, string>> = {
    'date-time': 'a date and time with its zone, such as 2026-03-01T06:00:00Z',
    date: 'a date such as 2026-03-01',
    time: 'a time such as 06:00:00Z',
    email: 'an email address',
    uri: 'an address such as https://example.com',
    uuid: 'a UUID',
    duration: 'a duration such as PT1H30M',
  }
  return texts[format ?? ''] ?? `of the format ${format}`
}
