import { useNavigate, useSearch } from '@tanstack/react-router'
import { type LogAddress, logKeys } from '../logs/address/index.ts'
import type { RunSearch } from './search.ts'

/** The task run that is open beside the page of its run; it stands in the address. */
export function useTaskSearch() {
  const search = useSearch({ from: '/shell/runs/$run' })
  const navigate = useNavigate()
  const go = (change: (before: RunSearch) => RunSearch, options: object = {}) =>
    void navigate({
      to: '.',
      search: ((before: RunSearch) => change(before)) as never,
      resetScroll: false,
      ...options,
    })
  return {
    search,
    open: (task: number) => go((before) => ({ ...withoutTask(before), task })),
    close: () => go(withoutTask),
    change: (some: RunSearch) => go((before) => ({ ...before, ...some })),
    /** Going back does not go through each word that was sought. */
    lookAtLog: (address: LogAddress) =>
      go((before) => ({ ...before, ...address }), { hash: true, replace: true, hashScrollIntoView: false }),
  }
}

/** What is left of an address when no task is open. */
export function withoutTask(search: RunSearch): RunSearch {
  const ofTask: readonly string[] = ['task', 'attempt', 'part', ...logKeys]
  return Object.fromEntries(Object.entries(search).filter(([key]) => !ofTask.includes(key)))
}
