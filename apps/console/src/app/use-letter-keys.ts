import { useLocalStorage } from '@mantine/hooks'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { useUser } from '../api/index.ts'
import { areasFor } from './navigation.ts'

/** Whether keys without Ctrl do something; who dictates to the computer turns them off. */
export function useLetterKeysSetting() {
  return useLocalStorage({ key: 'millrace-letter-keys', defaultValue: true, getInitialValueInEffect: false })
}

/** How long `g` waits for the letter of an area. */
const sequenceMs = 1200

/** `g` and a letter lead to an area, `?` shows the keys: wherever nobody types a text. */
export function useLetterKeys(onHelp: () => void): void {
  const [isOn] = useLetterKeysSetting()
  const navigate = useNavigate()
  const user = useUser()
  const begunAt = useRef(Number.NEGATIVE_INFINITY)
  useEffect(() => {
    if (!isOn) return
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      if (document.querySelector('[role="dialog"]') !== null) return
      if (event.key === '?') {
        event.preventDefault()
        return onHelp()
      }
      const isSecond = event.timeStamp - begunAt.current < sequenceMs
      begunAt.current = event.key === 'g' && !isSecond ? event.timeStamp : Number.NEGATIVE_INFINITY
      const area = isSecond ? areasFor(user).find(({ letter }) => letter === event.key) : undefined
      if (area === undefined) return
      event.preventDefault()
      void navigate({ to: area.to } as never)
    }
    // Before the page sees it: a second letter may be a key of a grid or a log as well.
    const options = { capture: true }
    document.addEventListener('keydown', onKey, options)
    return () => document.removeEventListener('keydown', onKey, options)
  }, [isOn, navigate, user, onHelp])
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.closest('input, textarea, select, [role="textbox"], [role="combobox"]') !== null)
  )
}
