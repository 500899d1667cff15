/** Work on one name is done in turn, on different names side by side. */
export interface Lanes {
  run<T>(name: string, work: () => Promise<T>): Promise<T>
}

export function createLanes(): Lanes {
  const last = new Map<string, Promise<unknown>>()
  return {
    run(name, work) {
      const before = last.get(name) ?? Promise.resolve()
      const mine = before.then(work, work)
      const settled = mine.catch(() => {})
      last.set(name, settled)
      void settled.then(() => {
        if (last.get(name) === settled) last.delete(name)
      })
      return mine
    },
  }
}
