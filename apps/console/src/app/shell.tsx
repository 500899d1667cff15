import { Anchor, AppShell, Burger, Group, NavLink, ScrollArea, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Link, Outlet } from '@tanstack/react-router'
import { useUser } from '../api/index.ts'
import { navigation } from './navigation.ts'
import styles from './shell.module.css'
import { UserMenu } from './user-menu.tsx'

/** The frame around every page: where one can go, who one is. */
export function Shell() {
  const [isOpen, { toggle, close }] = useDisclosure(false)
  const { is_admin } = useUser()
  const places = navigation.filter(({ forAdmins = false }) => is_admin || !forAdmins)
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
        <Group h="100%" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={toggle}
              hiddenFrom="md"
              size="sm"
              aria-label={isOpen ? 'Close the navigation' : 'Open the navigation'}
            />
            <Text component={Link} to="/" fw={700} size="lg" className={styles.name}>
              Millrace
            </Text>
          </Group>
          <UserMenu />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="xs" aria-label="Areas">
        <ScrollArea>
          {places.map(({ label, to, icon: Icon, isExact = false }) => (
            <NavLink
              key={to}
              label={label}
              leftSection={<Icon size={18} aria-hidden />}
              renderRoot={(props) => (
                <Link
                  {...props}
                  to={to}
                  onClick={close}
                  activeOptions={{ exact: isExact, includeSearch: false }}
                  activeProps={{ 'data-active': true }}
                />
              )}
            />
          ))}
        </ScrollArea>
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1} className={styles.main}>
        <Outlet />
      </AppShell.Main>
    </AppShell>
  )
}
