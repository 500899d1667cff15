import { useRef } from 'react'
import { confirm } from './confirm.tsx'

export interface CloseGuard {
  /** What the form has in it, whenever that changes. */
  readonly note: (value: object) => void
  /** From now on, what differs from what was noted last counts as typed. */
  readonly begin: () => void
  /** Closes, after asking when something was typed. */
  readonly close: () => void
}

/** For a form in a dialog: neither Escape nor the cross drops what was typed unasked. */
export function useCloseGuard(close: () => void): CloseGuard {
  const now = useRef('')
  const begun = useRef('')
  const isAsking = useRef(false)
  return {
    note: (value) => {
      now.current = JSON.stringify(value)
    },
    begin: () => {
      begun.current = now.current
    },
    close: () => {
      // The Escape that answers the question is not for the dialog below it.
      if (isAsking.current) return
      if (now.current === begun.current) return close()
      isAsking.current = true
      void confirm({
        title: 'Close without saving?',
        text: 'What you typed is not saved, and would be lost.',
        action: 'Close',
      }).then((isClosing) => {
        setTimeout(() => {
          isAsking.current = false
        })
        if (isClosing) close()
      })
    },
  }
}
