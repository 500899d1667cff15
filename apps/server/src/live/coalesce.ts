/** Hands out keys that something was said of, each at most once in a while: the first time at once. */
export interface Coalesced<Key> {
  add(key: Key): void
  /** Those whose time has come by `now`, in milliseconds. They are handed out again when something more is said. */
  take(now: number): readonly Key[]
  /** How long until there is one, in milliseconds; null while nothing was said. */
  dueInMs(now: number): number | null
}

export function coalesce<Key>(everyMs: number): Coalesced<Key> {
  const waiting = new Set<Key>()
  const takenAt = new Map<Key, number>()
  const dueAt = (key: Key) => (takenAt.get(key) ?? Number.NEGATIVE_INFINITY) + everyMs
  return {
    add: (key) => void waiting.add(key),
    take(now) {
      const due = [...waiting].filter((key) => dueAt(key) <= now)
      for (const key of due) {
        waiting.delete(key)
        takenAt.set(key, now)
      }
      return due
    },
    dueInMs: (now) => (waiting.size === 0 ? null : Math.max(0, Math.min(...[...waiting].map(dueAt)) - now)),
  }
}
