import { closestName } from '@millrace/core'
import { z } from 'zod'
import { variableName } from './names.ts'
import type { Problem } from './problem.ts'

const kinds = {
  str: 'text',
  string: 'text',
  char: 'text',
  varchar: 'text',
  text: 'text',
  int: 'integer',
  integer: 'integer',
  float: 'number',
  decimal: 'number',
  number: 'number',
  double: 'number',
  datetime: 'time',
  date: 'time',
  bool: 'boolean',
  boolean: 'boolean',
} as const

export type Datatype = keyof typeof kinds

export const datatypes = Object.keys(kinds) as readonly Datatype[]

/** Times are texts `YYYY-MM-DD HH:MM:SS`, without a zone. */
export type VariableValue = string | number | boolean

/** Names that the parameters of a transformation hold already. */
const reserved = ['transform_id', 'run_id', 'pipeline', '__proto__']

/** What a template wants to be told, by name. */
export const variableStructuresSchema = z.record(
  variableName.refine((name) => !reserved.includes(name), 'is taken; call it something else'),
  z.strictObject({ datatype: z.string().max(40).toLowerCase(), description: z.string().max(2000).default('') }),
)

export type VariableStructures = Readonly<Record<string, { readonly datatype: string; readonly description: string }>>

/** Values as they are stored. */
export type VariableTexts = Readonly<Record<string, string>>

/**
 * The text of a value that is given as text or as JSON: a boolean is 1 or 0, and a word where the datatype is another one, so that
 * it is not taken for a number.
 */
export function variableText(value: VariableValue, datatype = 'bool'): string {
  return typeof value === 'boolean' && kindOf(datatype) === 'boolean' ? (value ? '1' : '0') : String(value)
}

/** Values by the structure of their template, as they are stored. */
export function variableTexts(
  structures: VariableStructures,
  values: Readonly<Record<string, VariableValue>>,
): VariableTexts {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      variableText(value, Object.hasOwn(structures, name) ? structures[name]?.datatype : undefined),
    ]),
  )
}

/**
 * The values of a transformation by the structure of its template, strictly: nothing missing, nothing extra, everything of its
 * type. Problems have the codes `EXTRA_TRANSFORMATION_VARIABLE`, `MISSING_TRANSFORMATION_VARIABLE`, `TRANSFORMATION_VARIABLE_INVALID`,
 * `VARIABLE_DATATYPE_UNKNOWN`.
 */
export function readVariables(
  structures: VariableStructures,
  texts: VariableTexts,
  { template, place }: { readonly template: string; readonly place: string },
): { readonly values: Readonly<Record<string, VariableValue>>; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const values: [string, VariableValue][] = []
  const known = Object.keys(structures)
  for (const name of Object.keys(texts)) {
    if (Object.hasOwn(structures, name)) continue
    const nearest = closestName(name, known)
    problems.push({
      place: `${place}.${name}`,
      code: 'EXTRA_TRANSFORMATION_VARIABLE',
      message: `The template "${template}" has no variable "${name}". ${nearest === undefined ? `It takes ${known.join(', ') || 'none'}.` : `Did you mean "${nearest}"?`}`,
    })
  }
  for (const [name, { datatype }] of Object.entries(structures)) {
    const text = Object.hasOwn(texts, name) ? texts[name] : undefined
    if (text === undefined) {
      problems.push({
        place: `${place}.${name}`,
        code: 'MISSING_TRANSFORMATION_VARIABLE',
        message: `The template "${template}" needs the variable "${name}" (${datatype}). Give it a value.`,
      })
      continue
    }
    if (!isDatatype(datatype)) {
      problems.push(unknownDatatype(`${place}.${name}`, datatype))
      continue
    }
    const kind = kinds[datatype]
    const value = readers[kind](text)
    if (value === undefined) {
      problems.push({
        place: `${place}.${name}`,
        code: 'TRANSFORMATION_VARIABLE_INVALID',
        message: `The variable "${name}" of the template "${template}" has to be ${wanted[kind]}, not ${JSON.stringify(text.slice(0, 100))}.`,
      })
    } else values.push([name, value])
  }
  return { values: Object.fromEntries(values), problems }
}

/** Datatypes that nobody knows. */
export function structureProblems(structures: VariableStructures): readonly Problem[] {
  return Object.entries(structures)
    .filter(([, { datatype }]) => !isDatatype(datatype))
    .map(([name, { datatype }]) => unknownDatatype(`variable_structures.${name}.datatype`, datatype))
}

/** How values of a datatype are read; undefined for one that nobody knows. */
export function kindOf(datatype: string): (typeof kinds)[Datatype] | undefined {
  return isDatatype(datatype) ? kinds[datatype] : undefined
}

function isDatatype(text: string): text is Datatype {
  return Object.hasOwn(kinds, text)
}

function unknownDatatype(place: string, datatype: string): Problem {
  const nearest = closestName(datatype, datatypes)
  const hint = nearest === undefined ? `There are ${datatypes.join(', ')}.` : `Did you mean "${nearest}"?`
  return { place, code: 'VARIABLE_DATATYPE_UNKNOWN', message: `"${datatype}" is no datatype. ${hint}` }
}

const wanted = {
  text: 'a text',
  integer: 'a whole number of at most 15 digits',
  number: 'a number such as 12.5',
  time: 'a time such as 2026-01-31 06:00:00',
  boolean: '0 or 1',
}

const readers: Readonly<Record<keyof typeof wanted, (text: string) => VariableValue | undefined>> = {
  text: (text) => text,
  integer: (text) => (/^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined),
  number: (text) =>
    /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text)) ? Number(text) : undefined,
  time: (text) => (isTime(text) ? text : undefined),
  boolean: (text) => (text === '1' ? true : text === '0' ? false : undefined),
}

function isTime(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(text)) return false
  const time = new Date(`${text.replace(' ', 'T')}Z`)
  // 30 February would be read as a day of March.
  return !Number.isNaN(time.getTime()) && time.toISOString().slice(0, 19) === text.replace(' ', 'T')
}
