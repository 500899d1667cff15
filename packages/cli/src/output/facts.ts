import { printable } from './printable.ts'

/** What is known of one thing, a line each; what is nothing is left out. */
export function factsText(
  head: string,
  facts: readonly (readonly [name: string, value: string | undefined])[],
): string {
  const known = facts.filter(([, value]) => value !== undefined && value !== '')
  const width = Math.max(0, ...known.map(([name]) => name.length))
  const lines = known.map(([name, value = '']) => `  ${name.padEnd(width)}  ${printable(value)}\n`)
  return `${printable(head)}\n${lines.join('')}`
}
