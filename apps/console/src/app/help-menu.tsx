import { ActionIcon, Menu } from '@mantine/core'
import { IconApi, IconHelp, IconKeyboard, IconSearch } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'

export function HelpMenu({ onShortcuts }: { readonly onShortcuts: () => void }) {
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Help">
          <IconHelp size={20} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconKeyboard size={16} aria-hidden />} rightSection="?" onClick={onShortcuts}>
          Keyboard shortcuts
        </Menu.Item>
        <Menu.Item component={Link} to="/search" leftSection={<IconSearch size={16} aria-hidden />}>
          Search and its language
        </Menu.Item>
        <Menu.Item component="a" href="/api/docs" leftSection={<IconApi size={16} aria-hidden />}>
          API of this server
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
