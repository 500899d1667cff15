import { fileKeyOf, type TransferOption, transferOptions } from '../transfer-options.ts'

type Schema = Readonly<Record<string, unknown>>

/** The JSON Schema of millrace.yaml, made from the same definition as the options of the command. */
export function configFileSchema(): Schema {
  const inFile = transferOptions.filter((option) => option.reach !== 'command-only')
  const choices = Object.fromEntries(inFile.map((option) => [fileKeyOf(option), optionSchema(option)]))
  // What belongs to one transfer cannot be a default of all.
  const { query: _, tables: __, manifest: ___, ...defaults } = choices
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'millrace.yaml',
    description:
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what a person writes
      'Transfers that "millrace copy -f millrace.yaml" carries out. ${NAME} and ${NAME:-default} in values stand for environment variables.',
    type: 'object',
    properties: {
      connections: {
        description:
          'Connections by name: a URI, or a connector with its values ("millrace connectors show NAME" lists them).',
        type: 'object',
        additionalProperties: {
          anyOf: [
            { type: 'string', minLength: 1 },
            {
              type: 'object',
              properties: { connector: { type: 'string' } },
              required: ['connector'],
              additionalProperties: { type: ['string', 'number', 'boolean'] },
            },
          ],
        },
      },
      defaults: {
        description: 'Apply to every transfer that does not say otherwise, where they have a meaning.',
        type: 'object',
        properties: defaults,
        additionalProperties: false,
      },
      transfers: {
        type: 'array',
        minItems: 1,
        items: {
          type: 'object',
          properties: {
            name: { description: 'For --only and messages. Default: its number.', type: 'string', minLength: 1 },
            from: { description: 'A connection, a URI or a path.', type: 'string', minLength: 1 },
            to: { description: 'A connection, a URI or a path.', type: 'string', minLength: 1 },
            ...choices,
          },
          required: ['from', 'to'],
          additionalProperties: false,
        },
      },
    },
    additionalProperties: false,
  }
}

function optionSchema(option: TransferOption): Schema {
  const description =
    option.kind === 'switch' ? 'Whether CSV begins with the row of column names. Default: true.' : option.help
  switch (option.kind) {
    case 'text':
      return { description, type: 'string', minLength: 1 }
    case 'texts':
      return { description, type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 }
    case 'names':
      return {
        description,
        anyOf: [
          { type: 'string', minLength: 1 },
          { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 },
        ],
      }
    case 'choice':
      // YAML reads the word null as the value.
      return { description, enum: option.choices.includes('null') ? [...option.choices, null] : option.choices }
    case 'integer':
      return {
        description,
        type: 'integer',
        minimum: option.minimum,
        ...(option.maximum === undefined ? {} : { maximum: option.maximum }),
      }
    case 'amount':
      return { description, type: ['number', 'string'], minimum: 0, pattern: '^\\d+(\\.\\d+)?\\s*[smhd]?$' }
    case 'size':
      return {
        description,
        type: ['integer', 'string'],
        minimum: 1,
        pattern: '^\\d+(\\.\\d+)?\\s*([bB]|[kKmMgG]i?[bB])?$',
      }
    case 'flag':
    case 'switch':
      return { description, type: 'boolean' }
  }
}
