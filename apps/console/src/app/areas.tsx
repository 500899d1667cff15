import { AppShell, NavLink, ScrollArea } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useUser } from '../api/index.ts'
import { areasFor } from './navigation.ts'

/** Where one can go. */
export function Areas({ onGo }: { readonly onGo: () => void }) {
  const user = useUser()
  return (
    <AppShell.Navbar p="xs" aria-label="Areas" id="areas">
      <ScrollArea>
        {areasFor(user).map(({ label, to, icon: Icon, isExact = false }) => (
          <NavLink
            key={to}
            label={label}
            leftSection={<Icon size={18} aria-hidden />}
            renderRoot={(props) => (
              <Link
                {...props}
                to={to}
                onClick={onGo}
                activeOptions={{ exact: isExact, includeSearch: false }}
                activeProps={{ 'data-active': true }}
              />
            )}
          />
        ))}
      </ScrollArea>
    </AppShell.Navbar>
  )
}
