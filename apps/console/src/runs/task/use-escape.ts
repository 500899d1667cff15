import { useEffect, useRef } from 'react'

/**
 * Closes a panel by Escape, unless something within it takes the key: a dialog or a menu above it, an open list, a field that
 * says so. Panels that close by every Escape would take all of these with them.
 */
export function useEscape(isOpen: boolean, close: () => void): void {
  const latest = useRef(close)
  useEffect(() => {
    latest.current = close
  })
  useEffect(() => {
    if (!isOpen) return
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.isComposing) return
      const target = event.target instanceof Element ? event.target : null
      const isTaken =
        target?.getAttribute('aria-expanded') === 'true' ||
        target?.getAttribute('data-mantine-stop-propagation') === 'true' ||
        document.querySelectorAll('[role="dialog"], [role="menu"]').length > 1
      if (!isTaken) latest.current()
    }
    // Before those above it close, after which they could not be seen any more.
    window.addEventListener('keydown', onKeyDown, { capture: true })
    return () => window.removeEventListener('keydown', onKeyDown, { capture: true })
  }, [isOpen])
}
