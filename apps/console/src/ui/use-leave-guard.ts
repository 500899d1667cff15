import { useBlocker } from '@tanstack/react-router'
import { confirm } from './confirm.tsx'

/**
 * Asks before what was typed and not saved is lost: by going to another page, or closing the tab.
 *
 * @param part What of the address opens the form, such as `tab`: then it is lost by another value of that as well. Default: all
 * addresses of the page keep the form.
 */
export function useLeaveGuard(hasChanges: boolean, part?: string): void {
  useBlocker({
    disabled: !hasChanges,
    enableBeforeUnload: hasChanges,
    shouldBlockFn: async ({ current, next }) => {
      const isPart = part === undefined || partOf(current.search, part) === partOf(next.search, part)
      if (current.pathname === next.pathname && isPart) return false
      const isLeaving = await confirm({
        title: 'Leave without saving?',
        text: 'What you changed on this page is not saved, and would be lost.',
        action: 'Leave',
      })
      return !isLeaving
    },
  })
}

function partOf(search: object, part: string): unknown {
  return (search as Readonly<Record<string, unknown>>)[part]
}
