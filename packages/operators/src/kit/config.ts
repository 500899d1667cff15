import { ConfigError, closestName } from '@millrace/core'
import type { Json } from '@millrace/workflow'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import type { OperatorDefinition } from './definition.ts'

// A template gives text, also where the schema wants a number.
const ajv = new Ajv({
  allErrors: true,
  allowUnionTypes: true,
  verbose: true,
  coerceTypes: true,
  discriminator: true,
  // Defaults of alternatives stand there for people.
  strictSchema: false,
  strictTypes: false,
  useDefaults: true,
  keywords: ['x-connection', 'x-secret', 'x-code'],
})
const compiled = new Map<string, ValidateFunction>()

/** Everything that is wrong with a configuration, as full sentences with the path; templates stand for any value. */
export function configProblems(definition: OperatorDefinition, config: unknown): string[] {
  const validate = validator(definition)
  if (validate(structuredClone(config))) return []
  const errors = (validate.errors ?? []).filter(({ data }) => !isTemplate(data))
  return describe(errors)
}

/** @throws ConfigError `OPERATOR_INVALID` with every problem */
export function checkConfig(definition: OperatorDefinition, config: unknown): void {
  refuse(definition, configProblems(definition, config))
}

/**
 * The configuration as the operator takes it: defaults filled in, and text that a template gave turned into the numbers
 * and booleans of the schema.
 *
 * @throws ConfigError `OPERATOR_INVALID`
 */
export function settleConfig<Config extends Json>(definition: OperatorDefinition, config: Config): Config {
  const settled = structuredClone(config)
  const validate = validator(definition)
  if (!validate(settled)) refuse(definition, describe(validate.errors ?? []))
  return settled
}

function refuse(definition: OperatorDefinition, problems: readonly string[]): void {
  if (problems.length === 0) return
  throw new ConfigError('OPERATOR_INVALID', {
    message: `The configuration of the operator "${definition.name}" is not valid: ${problems.join(' ')}`,
    details: { operator: definition.name, problems },
  })
}

function validator({ name, configSchema }: OperatorDefinition): ValidateFunction {
  const known = compiled.get(name) ?? ajv.compile(configSchema)
  compiled.set(name, known)
  return known
}

function isTemplate(value: unknown): boolean {
  return typeof value === 'string' && /\{\{|\{%/.test(value)
}

function describe(errors: readonly ErrorObject[]): string[] {
  // What a failed alternative says of its parts is told by the alternative itself.
  const told = errors.filter(
    ({ keyword, schemaPath }) => keyword === 'oneOf' || !/\/(oneOf|anyOf)\/\d/.test(schemaPath),
  )
  const shown = told.length > 0 ? told : errors
  return [...new Set(shown.map((error) => sentence(error)))]
}

function sentence({ instancePath, keyword, message = '', params, parentSchema }: ErrorObject): string {
  const where = `"${instancePath || '/'}"`
  switch (keyword) {
    case 'additionalProperties': {
      const name = String((params as { additionalProperty: string }).additionalProperty)
      const known = Object.keys((parentSchema as { properties?: object } | undefined)?.properties ?? {})
      const nearest = closestName(name, known)
      return `${where} has the unknown field "${name}".${nearest ? ` Did you mean "${nearest}"?` : ` It takes ${known.join(', ') || 'none'}.`}`
    }
    case 'required':
      return `${where} lacks "${(params as { missingProperty: string }).missingProperty}".`
    case 'enum':
      return `${where} must be one of ${(params as { allowedValues: unknown[] }).allowedValues.join(', ')}.`
    case 'oneOf':
      return `${where} must take exactly one of its forms: ${formsOf(parentSchema)}.`
    default:
      return `${where} ${message}.`
  }
}

function formsOf(schema: object | undefined): string {
  const forms = (schema as { oneOf?: { title?: string; required?: string[] }[] } | undefined)?.oneOf ?? []
  return forms.map(({ title, required }) => title ?? required?.map((name) => `"${name}"`).join(' and ')).join(', or ')
}
