import { useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'

/**
 * After going to another page the keyboard, and who reads the page aloud, begin at its heading. Who went there by a link within
 * the page that is still there, such as a tab, stays on it.
 */
export function useRouteFocus(): void {
  const router = useRouter()
  useEffect(
    () =>
      router.subscribe('onRendered', ({ pathChanged, fromLocation }) => {
        if (!pathChanged || fromLocation === undefined) return
        const main = document.getElementById('main')
        const focused = document.activeElement
        const isInDialog = focused?.closest('[role="dialog"]') !== null && focused !== document.body
        if (main === null || isInDialog || (focused !== main && main.contains(focused))) return
        const heading = main.querySelector('h1')
        if (heading !== null) heading.tabIndex = -1
        ;(heading ?? main).focus({ preventScroll: true })
      }),
    [router],
  )
}
