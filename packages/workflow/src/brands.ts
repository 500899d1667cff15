/** Symbols that hold over duplicate copies of this package, where `instanceof` does not. */
export const taskBrand = Symbol.for('millrace.task')
export const operatorBrand = Symbol.for('millrace.operator')
export const workflowBrand = Symbol.for('millrace.workflow')

export function isBranded(value: unknown, brand: symbol): boolean {
  return typeof value === 'object' && value !== null && brand in value
}
