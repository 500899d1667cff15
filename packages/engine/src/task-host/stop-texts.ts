import type { StopReason } from './messages.ts'

export const stopTexts: Record<StopReason, string> = {
  cancelled: 'The attempt was cancelled.',
  timeout: 'The time of the attempt is over.',
  lost: 'The worker does not hold this attempt any more.',
}
