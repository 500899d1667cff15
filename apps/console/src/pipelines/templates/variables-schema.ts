/** A variable of a template while it is edited; `row` tells rows apart while names change. */
export interface Structure {
  readonly row: number
  readonly name: string
  readonly datatype: string
  readonly description: string
}

/** The usual name of each kind of value. */
export const datatypes: readonly { readonly value: string; readonly label: string }[] = [
  { value: 'str', label: 'text' },
  { value: 'int', label: 'whole number' },
  { value: 'decimal', label: 'number' },
  { value: 'datetime', label: 'date and time' },
  { value: 'bool', label: 'yes or no' },
]

const kinds: Readonly<Record<string, object>> = {
  ...same(['str', 'string', 'char', 'varchar', 'text'], { type: 'string' }),
  ...same(['int', 'integer'], { type: 'integer' }),
  ...same(['float', 'decimal', 'number', 'double'], { type: 'number' }),
  ...same(['datetime', 'date'], { type: 'string', examples: ['2026-01-31 06:00:00'] }),
  ...same(['bool', 'boolean'], { type: 'boolean' }),
}

/** Datatypes to choose from, with the one that is there if it is another name for a usual one. */
export function datatypeChoices(given: string): readonly { readonly value: string; readonly label: string }[] {
  return datatypes.some(({ value }) => value === given) ? datatypes : [...datatypes, { value: given, label: given }]
}

/** The form of these variables, to show what an analyst will see; the server makes the one that counts. */
export function formOf(structures: readonly Structure[]): object {
  const named = structures.filter(({ name }) => name !== '')
  return {
    type: 'object',
    properties: Object.fromEntries(
      named.map(({ name, datatype, description }) => [
        name,
        { title: name, ...(description === '' ? {} : { description }), ...(kinds[datatype] ?? { type: 'string' }) },
      ]),
    ),
    required: named.map(({ name }) => name),
    additionalProperties: false,
  }
}

/** What is wrong with the name of a variable. */
export function nameProblem({ name, row }: Structure, all: readonly Structure[]): string | undefined {
  if (name === '') return 'Give it a name.'
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return 'Begin with a letter; then letters, digits and "_".'
  if (['transform_id', 'run_id', 'pipeline', '__proto__'].includes(name))
    return 'This name is taken; call it something else.'
  return all.some((other) => other.row !== row && other.name === name) ? 'Another variable is called so.' : undefined
}

/** Variables that a configuration uses and nobody declared. */
export function undeclared(config: string, structures: readonly Structure[]): readonly string[] {
  const used = [...config.matchAll(/\bvariables\.([A-Za-z_][A-Za-z0-9_]*)/g)].map(([, name = '']) => name)
  return [...new Set(used)].filter((name) => !structures.some((one) => one.name === name))
}

/** Variables that no place of the configuration uses. */
export function unused(config: string, structures: readonly Structure[]): readonly string[] {
  return structures.map(({ name }) => name).filter((name) => name !== '' && !config.includes(`variables.${name}`))
}

function same(names: readonly string[], schema: object): Readonly<Record<string, object>> {
  return Object.fromEntries(names.map((name) => [name, schema]))
}
