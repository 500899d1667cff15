import cronstrue from 'cronstrue'

const aliases: Readonly<Record<string, string>> = {
  '@once': 'Once',
  '@hourly': 'Every hour',
  '@daily': 'Every day at 00:00',
  '@weekly': 'Every week, on Sunday at 00:00',
  '@monthly': 'Every month, on the first at 00:00',
  '@yearly': 'Every year, on 1 January at 00:00',
}

/** What a cron expression says, in words; the expression itself when it has none. */
export function cronWords(cron: string): string {
  const alias = aliases[cron]
  if (alias !== undefined) return alias
  try {
    const words = cronstrue.toString(cron, { use24HourTimeFormat: true, dayOfWeekStartIndexZero: true })
    return /^At [\d:]+$/.test(words) ? `Every day at ${words.slice('At '.length)}` : words
  } catch {
    return cron
  }
}
