import { useEffect, useRef } from 'react'
import { type Interest, live } from './live.ts'

/**
 * Has what this page shows read again whenever the server tells that it changed: `run`, the pages of one run; `runs`, lists
 * of runs; `log`, a task run whose log is told to `onLog`. All pages and parts of a tab share one connection.
 */
export function useLive(interest: Interest): void {
  const { run, runs, log } = interest
  const latest = useRef(interest)
  useEffect(() => {
    latest.current = interest
  })
  useEffect(() => {
    const registered: Interest = {
      ...(run === undefined ? {} : { run }),
      ...(runs === undefined ? {} : { runs }),
      ...(log === undefined ? {} : { log }),
      onLog: (hint) => latest.current.onLog?.(hint),
    }
    return live.follow(registered)
  }, [run, runs, log])
}
