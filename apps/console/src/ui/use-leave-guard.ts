import { useBlocker } from '@tanstack/react-router'
import { confirm } from './confirm.tsx'

/** Asks before what was typed and not saved is lost: by going to another page, or closing the tab. */
export function useLeaveGuard(hasChanges: boolean): void {
  useBlocker({
    disabled: !hasChanges,
    enableBeforeUnload: hasChanges,
    shouldBlockFn: async ({ current, next }) => {
      // Another tab or page of the same place keeps the form.
      if (current.pathname === next.pathname) return false
      const isLeaving = await confirm({
        title: 'Leave without saving?',
        text: 'What you changed on this page is not saved, and would be lost.',
        action: 'Leave',
      })
      return !isLeaving
    },
  })
}
