import { Anchor, AppShell, Burger, Group, Text } from '@mantine/core'
import { useDisclosure, useHotkeys } from '@mantine/hooks'
import { Link, Outlet } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useState } from 'react'
import { Areas } from './areas.tsx'
import { HelpMenu } from './help-menu.tsx'
import { IncidentBanner } from './incident-banner.tsx'
import { LiveState } from './live-state.tsx'
import { SearchButton } from './search-button.tsx'
import { SessionEnded } from './session-ended.tsx'
import styles from './shell.module.css'
import { TimeZone } from './time-zone.tsx'
import { useLetterKeys } from './use-letter-keys.ts'
import { useRouteFocus } from './use-route-focus.ts'
import { UserMenu } from './user-menu.tsx'

const Palette = lazy(async () => ({ default: (await import('./palette/index.ts')).Palette }))
const ShortcutsDialog = lazy(async () => ({ default: (await import('./shortcuts-dialog.tsx')).ShortcutsDialog }))

/** The frame around every page: where one can go, who one is, how the server is. */
export function Shell() {
  const [isOpen, { toggle, close }] = useDisclosure(false)
  const [opened, setOpened] = useState(0)
  const [shortcuts, setShortcuts] = useState<'never' | 'open' | 'closed'>('never')
  const openPalette = useCallback(() => setOpened((times) => times + 1), [])
  const showShortcuts = useCallback(() => setShortcuts('open'), [])
  useRouteFocus()
  useLetterKeys(showShortcuts)
  // Everywhere, fields included: who types a search may want another one.
  useHotkeys([['mod+K', openPalette]], [])
  useHotkeys(isOpen ? [['Escape', close]] : [])
  return (
    <AppShell
      header={{ height: 52 }}
      navbar={{ width: 216, breakpoint: 'md', collapsed: { mobile: !isOpen } }}
      padding={{ base: 'sm', md: 'lg' }}
    >
      <Anchor href="#main" className={styles.skip}>
        Go to the content
      </Anchor>
      <AppShell.Header px="md">
        <Group h="100%" justify="space-between" wrap="nowrap" gap="xs">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={toggle}
              hiddenFrom="md"
              size="sm"
              aria-controls="areas"
              aria-expanded={isOpen}
              aria-label={isOpen ? 'Close the navigation' : 'Open the navigation'}
            />
            <Text component={Link} to="/" fw={700} size="lg" className={styles.name}>
              Millrace
            </Text>
          </Group>
          <Group gap="sm" wrap="nowrap">
            <LiveState />
            <TimeZone />
            <SearchButton onClick={openPalette} />
            <HelpMenu onShortcuts={showShortcuts} />
            <UserMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <Areas onGo={close} />
      <AppShell.Main id="main" tabIndex={-1} className={styles.main}>
        <IncidentBanner />
        <Outlet />
      </AppShell.Main>
      <SessionEnded />
      <Suspense>
        {opened > 0 && <Palette opened={opened} onShortcuts={showShortcuts} />}
        {shortcuts !== 'never' && (
          <ShortcutsDialog isOpen={shortcuts === 'open'} onClose={() => setShortcuts('closed')} />
        )}
      </Suspense>
    </AppShell>
  )
}
