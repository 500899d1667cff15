import { type Schema, Validator } from '@cfworker/json-schema'
import {
  type ErrorSchema,
  ErrorSchemaBuilder,
  type RJSFSchema,
  type RJSFValidationError,
  toErrorList,
  type ValidatorType,
} from '@rjsf/utils'
import { errorSentence } from './error-sentence.ts'
import { isKeptSecret } from './kept-secret.ts'

/** Where in the value, and what is wrong there. */
export interface ValueProblem {
  readonly path: readonly string[]
  readonly message: string
}

/** What of a value a schema does not take, the most exact sentence for each place. Needs no `eval`, which the page may not use. */
export function checkValue(schema: object, value: unknown): readonly ValueProblem[] {
  const { errors } = new Validator(schema as Schema, '2020-12', false).validate(value)
  const problems = new Map<string, ValueProblem>()
  for (const unit of errors) {
    const at = pathOf(unit.instanceLocation)
    if (isKeptSecret(valueAt(value, at))) continue
    if (unit.keyword === 'required') {
      const [, name = ''] = /property "(.*?)"/.exec(unit.error) ?? []
      add(problems, { path: [...at, name], message: 'This is needed.' })
      continue
    }
    if (unit.keyword === 'additionalProperties') {
      const isClosed = schemaAt(schema as Schema, unit.keywordLocation)?.additionalProperties === false
      const [, name = ''] = /"(.*?)"/.exec(unit.error) ?? []
      if (isClosed) add(problems, { path: at, message: `"${name}" is not known here.` })
      continue
    }
    const message = errorSentence(unit, schemaAt(schema as Schema, unit.keywordLocation))
    if (message !== undefined) add(problems, { path: at, message })
  }
  return [...problems.values()]
}

function add(problems: Map<string, ValueProblem>, problem: ValueProblem): void {
  const key = problem.path.join('/')
  if (!problems.has(key)) problems.set(key, problem)
}

function pathOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, part) => (at as Record<string, unknown> | null | undefined)?.[part], value)
}

/** The schema that a keyword stands in. */
function schemaAt(schema: Schema, keywordLocation: string): Schema | undefined {
  return valueAt(schema, pathOf(keywordLocation).slice(0, -1)) as Schema | undefined
}

/** For the form: checks by `checkValue`. */
export const formValidator: ValidatorType = {
  validateFormData(formData, schema) {
    const builder = new ErrorSchemaBuilder()
    for (const { path, message } of checkValue(schema, formData ?? {})) builder.addErrors(message, [...path])
    const errorSchema = builder.ErrorSchema as ErrorSchema
    return { errors: toErrorList(errorSchema), errorSchema }
  },
  isValid(schema, formData, rootSchema) {
    const { $defs, definitions } = rootSchema
    const whole = { ...($defs ? { $defs } : {}), ...(definitions ? { definitions } : {}), ...(schema as RJSFSchema) }
    return new Validator(whole as Schema, '2020-12').validate(formData ?? null).valid
  },
  rawValidation<Result = RJSFValidationError>(schema: RJSFSchema, formData?: unknown) {
    const errors = checkValue(schema, formData).map(({ path, message }) => ({
      property: `.${path.join('.')}`,
      message,
    }))
    return { errors: errors as Result[] }
  },
}
