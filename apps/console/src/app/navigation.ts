import {
  IconArrowsExchange,
  IconBox,
  IconFolders,
  IconGitBranch,
  IconHome,
  IconKey,
  IconPlayerPlay,
  IconPlug,
  IconRoute,
  IconSettings,
  IconTerminal2,
  IconUsersGroup,
} from '@tabler/icons-react'
import type { LinkProps } from '@tanstack/react-router'

interface Area {
  readonly label: string
  readonly to: NonNullable<LinkProps['to']>
  readonly icon: typeof IconHome
  /** Typed after `g`, leads there from everywhere. */
  readonly letter: string
  /** Open on exactly this address only. */
  readonly isExact?: boolean
  readonly forAdmins?: boolean
}

/** The areas of the console, in the order in which they stand. */
export const navigation: readonly Area[] = [
  { label: 'Home', to: '/', icon: IconHome, letter: 'h', isExact: true },
  { label: 'Projects', to: '/projects', icon: IconFolders, letter: 'p' },
  { label: 'Groups', to: '/groups', icon: IconUsersGroup, letter: 'g' },
  { label: 'Workflows', to: '/workflows', icon: IconRoute, letter: 'w' },
  { label: 'Runs', to: '/runs', icon: IconPlayerPlay, letter: 'r' },
  { label: 'Pipelines', to: '/pipelines', icon: IconBox, letter: 'l' },
  { label: 'Copy data', to: '/copies', icon: IconArrowsExchange, letter: 'd' },
  { label: 'Connections', to: '/connections', icon: IconPlug, letter: 'c' },
  { label: 'Repositories', to: '/repositories', icon: IconGitBranch, letter: 'i' },
  { label: 'Sessions', to: '/sessions', icon: IconTerminal2, letter: 's' },
  { label: 'Secrets', to: '/secrets', icon: IconKey, letter: 'k' },
  { label: 'Administration', to: '/admin', icon: IconSettings, letter: 'a', forAdmins: true },
]

/** Those that the person may open. */
export function areasFor({ is_admin }: { readonly is_admin: boolean }): readonly Area[] {
  return navigation.filter(({ forAdmins = false }) => is_admin || !forAdmins)
}
