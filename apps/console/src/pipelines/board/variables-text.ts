import type { Values } from './board.ts'

/** The variables of a card in a few words; what does not fit is counted. */
export function variablesText(variables: Values, most = 3): readonly string[] {
  const all = Object.entries(variables).map(([name, value]) => `${name} = ${valueText(value)}`)
  return all.length <= most ? all : [...all.slice(0, most - 1), `and ${all.length - most + 1} more`]
}

function valueText(value: Values[string]): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return `${value}`
}
