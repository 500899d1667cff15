import { cronWords } from '../ui/cron-words.ts'

const usual = ['hourly', 'daily', 'weekly', 'monthly', 'yearly', 'once']

export const frequencies: readonly { readonly value: string; readonly label: string }[] = usual.map((value) => ({
  value,
  label: cronWords(`@${value}`),
}))

/** How often a pipeline runs by itself, in words. Times are in UTC. */
export function frequencyWords(frequency: string | null): string {
  if (frequency === null) return 'By hand only'
  const name = frequency.toLowerCase()
  return cronWords(usual.includes(name) ? `@${name}` : frequency)
}
