/** What forms ask for as a day becomes the moment at which that day ends for the person. */
export function endOfDay(day: string): string {
  return new Date(`${day}T23:59:59`).toISOString()
}
