export type Serial = <T>(work: () => Promise<T>) => Promise<T>

/** Runs one piece of work after the other, in the order they came. */
export function serial(): Serial {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const next = last.then(work, work)
    last = next.catch(() => {})
    return next
  }
}
