import { closestName, isMillraceError } from '@millrace/core'
import type { Json, Operator } from '@millrace/workflow'
import { checkTexts, fillConfig, type TransformationNames, variablesNamed } from './fill-config.ts'
import type { Problem } from './problem.ts'
import type { TemplateRecord } from './records.ts'
import { structureProblems } from './variables.ts'

/** Makes an operator from its name and configuration, and refuses what it cannot be made from. */
export type CreateOperator = (name: string, config: Json) => Operator

/** What is wrong with a template, whatever its variables will be. */
export function templateProblems(
  template: Pick<TemplateRecord, 'operator' | 'config' | 'variableStructures'>,
  createOperator: CreateOperator,
): readonly Problem[] {
  const typed = structureProblems(template.variableStructures)
  const made = attempt(() => createOperator(template.operator, template.config), 'config')
  if ('problems' in made) return [...typed, ...made.problems]
  const literalFields = literalFieldsOf(made.value)
  const known = Object.keys(template.variableStructures)
  const unknown = variablesNamed(template.config, literalFields).filter(({ name }) => !known.includes(name))
  const read = attempt(() => checkTexts(template.config, literalFields), 'config')
  return [
    ...typed,
    ...unknown.map(({ path, name }) => {
      const nearest = closestName(name, known)
      return {
        place: `config.${path}`,
        code: 'TEMPLATE_VARIABLE_UNKNOWN',
        message: `The configuration names the variable "${name}", which the template does not declare. ${nearest === undefined ? 'Add it to variable_structures.' : `Did you mean "${nearest}"?`}`,
      }
    }),
    ...('problems' in read ? read.problems : []),
  ]
}

/** The operator of a transformation, with its variables put in. */
export function operatorOf(
  template: TemplateRecord,
  names: TransformationNames,
  createOperator: CreateOperator,
  place: string,
): { readonly value: Operator } | { readonly problems: readonly Problem[] } {
  return attempt(() => {
    const literalFields = literalFieldsOf(createOperator(template.operator, template.config))
    return createOperator(template.operator, fillConfig(template.config, names, literalFields))
  }, place)
}

function literalFieldsOf(operator: Operator): readonly string[] {
  return (operator.constructor as typeof Operator).noTemplateFields ?? []
}

function attempt<T>(work: () => T, place: string): { readonly value: T } | { readonly problems: readonly Problem[] } {
  try {
    return { value: work() }
  } catch (error) {
    if (!isMillraceError(error)) throw error
    return { problems: [{ place, code: error.code, message: error.message }] }
  }
}
