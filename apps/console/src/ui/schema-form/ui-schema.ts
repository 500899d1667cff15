import type { RJSFSchema, UiSchema } from '@rjsf/utils'

/** Which fields have a component of their own: those that the schema leaves open are JSON. */
export function uiSchemaOf(schema: RJSFSchema): UiSchema {
  if (isOpen(schema)) return { 'ui:field': 'JsonField' }
  // How choices are called. As `oneOf` of constants, the form would choose the first by itself.
  if (Array.isArray(schema['x-enum-names'])) return { 'ui:enumNames': schema['x-enum-names'] }
  const { properties = {}, items, additionalProperties } = schema
  return {
    ...Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, uiSchemaOf(field as RJSFSchema)])),
    ...(typeof items === 'object' && !Array.isArray(items) ? { items: uiSchemaOf(items) } : {}),
    ...(typeof additionalProperties === 'object'
      ? { additionalProperties: uiSchemaOf(additionalProperties as RJSFSchema) }
      : {}),
  }
}

function isOpen(schema: RJSFSchema): boolean {
  const { type, properties, additionalProperties, items } = schema
  const kinds = ['enum', 'const', 'oneOf', 'anyOf', 'allOf', '$ref', 'properties', 'if']
  if (kinds.some((kind) => schema[kind] !== undefined)) return false
  if (type === undefined || (Array.isArray(type) && type.filter((one) => one !== 'null').length > 1)) return true
  if (type === 'array') return items === undefined || items === true
  return type === 'object' && properties === undefined && typeof additionalProperties !== 'object'
}
