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

/** `g` and a letter lead to an area, `?` shows the keys: wherever no part of the page takes letters itself. */
export function useLetterKeys(onHelp: () => void): void {
  const [isOn] = useLetterKeysSetting()
  const navigate = useNavigate()
  const user = useUser()
  const begunAt = useRef(Number.NEGATIVE_INFINITY)
  useEffect(() => {
    if (!isOn) return
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !isFree(event.target)) return
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
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [isOn, navigate, user, onHelp])
}

/** Fields take letters, and so do logs, graphs and grids, which have keys of their own. */
function isFree(target: EventTarget | null): boolean {
  return target === document.body || (target instanceof HTMLElement && target.matches('a, button, h1, main'))
}
