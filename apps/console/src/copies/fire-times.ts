import { Cron } from 'croner'

/** When a schedule fires next; or what is wrong with its expression. */
export function fireTimes(cron: string, timezone: string, count: number): readonly Date[] | string {
  if (cron.trim() === '') return 'Give a cron expression, such as 0 6 * * * for every day at 06:00.'
  if (!cron.startsWith('@') && cron.trim().split(/\s+/).length !== 5) {
    return 'A cron expression has five parts: minute, hour, day of month, month, day of week.'
  }
  try {
    return new Cron(cron.trim(), { timezone, paused: true, mode: '5-part' }).nextRuns(count)
  } catch {
    return `"${cron}" is not a cron expression. Minutes are 0-59, hours 0-23, days 1-31, months 1-12, days of the week 0-6.`
  }
}
