import { readFile } from 'node:fs/promises'
import { ConfigError } from '@millrace/core'
import type { JsonSchema } from '@millrace/workflow'

export interface GivenParams {
  /** `name=value`, as on the command line. */
  readonly param?: readonly string[]
  /** A JSON file with an object; `--param` comes before it. */
  readonly paramsFile?: string
}

type Schema = Readonly<Record<string, unknown>>

/**
 * Parameters as a person gives them, with the types that the workflow's schema has for them: `limit=5` is a number where a
 * number is wanted, and text where text is. Lists are given as JSON, with commas, or by naming the parameter again. What
 * does not fit is left as text, for the check of the workflow to complain of.
 *
 * @param schema Of the workflow; null: it takes any, and what reads as JSON is JSON.
 * @throws ConfigError `PARAM_SYNTAX`, `PARAMS_FILE_UNREADABLE`
 */
export async function readParams(
  { param = [], paramsFile }: GivenParams,
  schema: JsonSchema | null,
): Promise<Readonly<Record<string, unknown>>> {
  const fromFile = paramsFile === undefined ? {} : await readObject(paramsFile)
  const texts = Map.groupBy(param.map(split), ({ name }) => name)
  const given = [...texts].map(([name, pairs]) => {
    const values = pairs.map(({ value }) => value)
    return [name, typedValue(values, schema === null ? null : propertyOf(schema, name))] as const
  })
  return { ...fromFile, ...Object.fromEntries(given) }
}

function split(text: string): { readonly name: string; readonly value: string } {
  const at = text.indexOf('=')
  if (at > 0) return { name: text.slice(0, at).trim(), value: text.slice(at + 1) }
  throw new ConfigError('PARAM_SYNTAX', {
    message: `"${text}" is no parameter. Write --param name=value; the value of a list or an object is JSON.`,
  })
}

function propertyOf(schema: Schema, name: string): Schema {
  const properties = (schema.properties ?? {}) as Readonly<Record<string, Schema>>
  return Object.hasOwn(properties, name) ? (properties[name] ?? {}) : {}
}

function typedValue(values: readonly string[], schema: Schema | null): unknown {
  const [first = ''] = values
  if (schema === null) return values.length > 1 ? values.map(jsonOrText) : jsonOrText(first)
  const types = typesOf(schema)
  if (types.has('array')) return listOf(values, (schema.items ?? {}) as Schema)
  // The last one wins, as with other options.
  return oneOf(values.at(-1) ?? '', types)
}

function listOf(values: readonly string[], items: Schema): unknown {
  const [first = ''] = values
  if (values.length === 1) {
    const json = jsonOrText(first)
    if (Array.isArray(json)) return json
    if (first.trim() === '') return []
  }
  const types = typesOf(items)
  return values.flatMap((value) => value.split(',')).map((value) => oneOf(value.trim(), types))
}

function oneOf(text: string, types: ReadonlySet<string>): unknown {
  const json = jsonOrText(text.trim())
  if (types.size === 0) return json
  if (typeof json === 'number' && (types.has('number') || types.has('integer'))) return json
  if (types.has('boolean') && /^(?:true|false|yes|no)$/i.test(text.trim())) return /^(?:true|yes)$/i.test(text.trim())
  if (types.has('null') && json === null) return null
  if (types.has('object') && typeof json === 'object' && !Array.isArray(json)) return json
  return text
}

/** JSON types that a value may have, through alternatives; none when the schema does not say. */
function typesOf(schema: Schema): ReadonlySet<string> {
  const own = [(schema.type ?? []) as string | readonly string[]].flat()
  const literals = [schema.const, ...((schema.enum ?? []) as readonly unknown[])]
    .filter((value) => value !== undefined)
    .map((value) => (value === null ? 'null' : typeof value))
  const choices = [...((schema.anyOf ?? []) as readonly Schema[]), ...((schema.oneOf ?? []) as readonly Schema[])]
  return new Set([...own, ...literals, ...choices.flatMap((choice) => [...typesOf(choice)])])
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

async function readObject(path: string): Promise<Readonly<Record<string, unknown>>> {
  const unreadable = (why: string, cause?: unknown) =>
    new ConfigError('PARAMS_FILE_UNREADABLE', {
      message: `The parameters in ${path} cannot be used: ${why}. The file has to hold a JSON object, such as {"day": "2026-01-31"}.`,
      cause,
    })
  let value: unknown
  try {
    value = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw unreadable(cause instanceof Error ? cause.message : String(cause), cause)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw unreadable('it holds something else')
}
