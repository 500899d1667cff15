import { useNavigate, useSearch } from '@tanstack/react-router'
import type { RunSearch } from './search.ts'

/** The task run that is open beside the page of its run; it stands in the address. */
export function useTaskSearch() {
  const search = useSearch({ from: '/shell/runs/$run' })
  const navigate = useNavigate()
  const go = (change: (before: RunSearch) => RunSearch, { keepsHash = false } = {}) =>
    void navigate({
      to: '.',
      search: ((before: RunSearch) => change(before)) as never,
      ...(keepsHash ? { hash: true } : {}),
      resetScroll: false,
    })
  return {
    search,
    open: (task: number) => go(({ part: _part, attempt: _attempt, ...before }) => ({ ...before, task })),
    close: () => go(({ task: _task, part: _part, attempt: _attempt, ...before }) => before),
    change: (some: RunSearch) => go((before) => ({ ...before, ...some })),
  }
}
