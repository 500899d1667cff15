import { Link, type LinkProps } from '@tanstack/react-router'
import styles from './route-tabs.module.css'

interface RouteTabsProps {
  /** Says what the tabs are of. */
  readonly label: string
  /** Each leads to a route of its own, so that it can be linked to. `exact`: not open on routes below it. */
  readonly tabs: readonly { readonly label: string; readonly link: LinkProps; readonly exact?: boolean }[]
}

/** Parts of a page as links; below it an `<Outlet />` shows the one that is open. */
export function RouteTabs({ label, tabs }: RouteTabsProps) {
  return (
    <nav aria-label={label} className={styles.tabs}>
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
