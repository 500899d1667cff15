/** Where the current time comes from: the system, or a test that sets it. */
export interface Clock {
  now(): Date
}

export const systemClock: Clock = { now: () => new Date() }
