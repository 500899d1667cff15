import { useEffect, useRef } from 'react'

/** Ctrl-Z and Ctrl-Shift-Z (or Ctrl-Y), wherever nothing is being typed. */
export function useUndoKeys(undo: () => void, redo: () => void, isOn: boolean): void {
  const latest = useRef({ undo, redo })
  useEffect(() => {
    latest.current = { undo, redo }
  })
  useEffect(() => {
    if (!isOn) return
    const listen = (event: KeyboardEvent) => {
      const { target, key, ctrlKey, metaKey, shiftKey } = event
      if (!(ctrlKey || metaKey)) return
      if (target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null) return
      const letter = key.toLowerCase()
      if (letter === 'y' || (letter === 'z' && shiftKey)) latest.current.redo()
      else if (letter === 'z') latest.current.undo()
      else return
      event.preventDefault()
    }
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  }, [isOn])
}
