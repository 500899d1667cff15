/** Wakes those who follow something when it changed. What is said before somebody watches is not kept for him. */
export interface Topics {
  tell(topic: string): void
  /** Wakes everybody, who then look for themselves: what was said may have been missed. */
  tellAll(): void
  watch(topic: string): Watch
  /** Calls at once, whenever something is said. */
  on(topic: string, wake: () => void): Disposable
}

export interface Watch extends Disposable {
  /** Until something was said since the last wait, the time is over, or the signal fires. */
  wait(atMostMs: number, signal: AbortSignal): Promise<void>
}

export function createTopics(): Topics {
  const watches = new Map<string, Set<() => void>>()
  const on = (topic: string, wake: () => void): Disposable => {
    const set = watches.get(topic) ?? new Set()
    watches.set(topic, set.add(wake))
    return {
      [Symbol.dispose]() {
        set.delete(wake)
        if (set.size === 0 && watches.get(topic) === set) watches.delete(topic)
      },
    }
  }
  return {
    on,
    tell(topic) {
      for (const wake of watches.get(topic) ?? []) wake()
    },
    tellAll() {
      for (const set of watches.values()) for (const wake of set) wake()
    },
    watch(topic) {
      let isTold = false
      let resume: (() => void) | undefined
      const wake = () => {
        isTold = true
        resume?.()
      }
      const watching = on(topic, wake)
      return {
        async wait(atMostMs, signal) {
          if (!isTold && !signal.aborted) {
            await new Promise<void>((resolve) => {
              const done = () => {
                clearTimeout(timer)
                signal.removeEventListener('abort', done)
                resolve()
              }
              const timer = setTimeout(done, atMostMs)
              signal.addEventListener('abort', done)
              resume = done
            })
            resume = undefined
          }
          isTold = false
        },
        [Symbol.dispose]: () => watching[Symbol.dispose](),
      }
    },
  }
}
