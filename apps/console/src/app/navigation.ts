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
  /** Open on exactly this address only. */
  readonly isExact?: boolean
  readonly forAdmins?: boolean
}

/** The areas of the console, in the order in which they stand. */
export const navigation: readonly Area[] = [
  { label: 'Home', to: '/', icon: IconHome, isExact: true },
  { label: 'Projects', to: '/projects', icon: IconFolders },
  { label: 'Groups', to: '/groups', icon: IconUsersGroup },
  { label: 'Workflows', to: '/workflows', icon: IconRoute },
  { label: 'Runs', to: '/runs', icon: IconPlayerPlay },
  { label: 'Pipelines', to: '/pipelines', icon: IconBox },
  { label: 'Copy data', to: '/copies', icon: IconArrowsExchange },
  { label: 'Connections', to: '/connections', icon: IconPlug },
  { label: 'Repositories', to: '/repositories', icon: IconGitBranch },
  { label: 'Sessions', to: '/sessions', icon: IconTerminal2 },
  { label: 'Secrets', to: '/secrets', icon: IconKey },
  { label: 'Administration', to: '/admin', icon: IconSettings, forAdmins: true },
]
