import { Link, type LinkProps, useLocation } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import styles from './route-tabs.module.css'

interface RouteTabsProps {
  /** Says what the tabs are of. */
  readonly label: string
  /** Each leads to a route of its own, so that it can be linked to. `exact`: not open on routes below it. */
  readonly tabs: readonly { readonly label: string; readonly link: LinkProps; readonly exact?: boolean }[]
}

/** Parts of a page as links; below it an `<Outlet />` shows the one that is open. */
export function RouteTabs({ label, tabs }: RouteTabsProps) {
  const tabsRef = useRef<HTMLElement>(null)
  const count = tabs.length
  const path = useLocation({ select: ({ pathname }) => pathname })
  useEffect(() => {
    // On narrow screens the open one may be out of sight, also when others come in before it.
    if (count === 0) return
    const open = tabsRef.current?.querySelector('[aria-current="page"]')
    open?.scrollIntoView({ inline: 'nearest', block: 'nearest' })
  }, [path, count])
  return (
    <nav aria-label={label} className={styles.tabs} ref={tabsRef}>
      {tabs.map((tab) => (
        <Link
          key={tab.label}
          className={styles.tab}
          activeOptions={{ exact: tab.exact ?? false, includeSearch: false }}
          {...(tab.link as { to: '.' })}
        >
          {tab.label}
        </Link>
      ))}
    </nav>
  )
}
