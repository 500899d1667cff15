import cronstrue from 'cronstrue'

export const frequencies: readonly { readonly value: string; readonly label: string }[] = [
  { value: 'hourly', label: 'Every hour' },
  { value: 'daily', label: 'Every day at 00:00' },
  { value: 'weekly', label: 'Every week, on Sunday at 00:00' },
  { value: 'monthly', label: 'Every month, on the first at 00:00' },
  { value: 'yearly', label: 'Every year, on 1 January at 00:00' },
  { value: 'once', label: 'Once' },
]

/** How often a pipeline runs by itself, in words. Times are in UTC. */
export function frequencyWords(frequency: string | null): string {
  if (frequency === null) return 'By hand only'
  const known = frequencies.find(({ value }) => value === frequency.toLowerCase())
  if (known !== undefined) return known.label
  try {
    return cronstrue.toString(frequency, { use24HourTimeFormat: true, dayOfWeekStartIndexZero: true })
  } catch {
    return frequency
  }
}
