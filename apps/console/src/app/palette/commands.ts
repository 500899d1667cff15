import {
  IconApi,
  IconArrowsExchange,
  IconDeviceDesktop,
  IconFolderPlus,
  IconKeyboard,
  IconMoon,
  IconPlugConnected,
  IconSun,
  IconUser,
  IconUsersPlus,
} from '@tabler/icons-react'
import { areasFor } from '../navigation.ts'
import type { Found } from './found.ts'

interface Surroundings {
  readonly is_admin: boolean
  readonly setColorScheme: (scheme: 'light' | 'dark' | 'auto') => void
  readonly onShortcuts: () => void
}

/** What can be done from everywhere, and the areas. */
export function commands({ is_admin, setColorScheme, onShortcuts }: Surroundings): readonly Found[] {
  const areas = areasFor({ is_admin }).map(({ label, to, icon }): Found => ({ id: to, label, icon, go: { to } }))
  return [
    ...areas,
    { id: 'new-project', label: 'New project', icon: IconFolderPlus, go: { to: '/projects/new' } },
    { id: 'new-group', label: 'New group', icon: IconUsersPlus, go: { to: '/groups/new' } },
    {
      ...{ id: 'copy-data', label: 'Copy a table', description: 'From one connection to another' },
      ...{ icon: IconArrowsExchange, go: { to: '/copies' } },
    },
    { id: 'account', label: 'Your account', icon: IconUser, go: { to: '/account' } },
    { id: 'services', label: 'Connected services', icon: IconPlugConnected, go: { to: '/services' } },
    { id: 'light', label: 'Light colors', icon: IconSun, go: () => setColorScheme('light') },
    { id: 'dark', label: 'Dark colors', icon: IconMoon, go: () => setColorScheme('dark') },
    { id: 'auto', label: 'Colors of this device', icon: IconDeviceDesktop, go: () => setColorScheme('auto') },
    { id: 'shortcuts', label: 'Keyboard shortcuts', icon: IconKeyboard, go: onShortcuts },
    { id: 'api', label: 'API of this server', icon: IconApi, go: () => location.assign('/api/docs') },
  ]
}

/** Those in which every word of the text begins a word. */
export function matching(found: readonly Found[], text: string): readonly Found[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return found.filter(({ label, description = '' }) => {
    const parts = `${label} ${description}`.toLowerCase().split(/\s+/)
    return words.every((word) => parts.some((part) => part.startsWith(word)))
  })
}
