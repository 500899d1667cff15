import type { RJSFSchema } from '@rjsf/utils'

/** What the form shows of a schema beyond what JSON Schema knows; the keys stand in the prepared schema. */
export interface FormHints {
  /** What holds when the field is left empty. */
  readonly 'x-default'?: unknown
  /** Fields of this object that are folded away until they are asked for. */
  readonly 'x-folded'?: readonly string[]
}

/** So many fields of an object stand open before the optional ones are folded. */
const openFields = 6

/**
 * The schema as the form takes it. A field with a default is optional, and is left out of the value while it is empty: so
 * what is saved says what somebody chose, and nothing else. Fields stand in the order that the schema gives as `order`.
 */
export function formSchema(given: object): RJSFSchema {
  return prepared(given as RJSFSchema, true)
}

function prepared(given: RJSFSchema, isTop = false): RJSFSchema {
  const { default: fallback, required = [], properties, items, oneOf, anyOf, additionalProperties, ...rest } = given
  const schema: RJSFSchema = { ...rest }
  if (fallback !== undefined) schema['x-default'] = fallback
  if (properties !== undefined) {
    const all = Object.entries(properties) as [string, RJSFSchema][]
    const order = Array.isArray(given.order) ? (given.order as string[]) : []
    const place = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length)
    const ordered = all.toSorted(([one], [other]) => place(one) - place(other))
    schema.properties = Object.fromEntries(ordered.map(([name, field]) => [name, prepared(field)]))
    schema.required = required.filter((name) => (properties[name] as RJSFSchema | undefined)?.default === undefined)
    schema['x-folded'] = foldedFields(ordered, schema.required, isTop)
  }
  if (items !== undefined) {
    schema.items = Array.isArray(items)
      ? items.map((item) => prepared(item as RJSFSchema))
      : prepared(items as RJSFSchema)
  }
  if (oneOf !== undefined) schema.oneOf = oneOf.map((option) => prepared(option as RJSFSchema))
  if (anyOf !== undefined) schema.anyOf = anyOf.map((option) => prepared(option as RJSFSchema))
  if (additionalProperties !== undefined) {
    schema.additionalProperties =
      typeof additionalProperties === 'object' ? prepared(additionalProperties) : additionalProperties
  }
  return schema
}

/** What few people change of a connection. */
const rareGroups = ['encryption', 'options']

/**
 * Those that the schema calls advanced, or puts into a group that few people change; else, of a long object, optional ones
 * behind the first few and behind its secrets.
 */
function foldedFields(
  fields: readonly (readonly [string, RJSFSchema])[],
  required: readonly string[],
  isTop: boolean,
): readonly string[] {
  const advanced = fields.filter(([, field]) => field['x-advanced'] === true).map(([name]) => name)
  if (advanced.length > 0) return advanced
  if (fields.some(([, field]) => field['x-group'] !== undefined)) {
    return fields
      .filter(([name, field]) => rareGroups.includes(field['x-group']) && !required.includes(name) && !field.writeOnly)
      .map(([name]) => name)
  }
  if (!isTop || fields.length <= openFields + 2) return []
  const lastOpen = Math.max(
    openFields - 1,
    fields.findLastIndex(([name, field]) => field.writeOnly === true || required.includes(name)),
  )
  const folded = fields.slice(lastOpen + 1).map(([name]) => name)
  return folded.length > 1 ? folded : []
}
