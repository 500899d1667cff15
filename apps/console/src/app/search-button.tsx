import { ActionIcon, Kbd, Text, UnstyledButton } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import styles from './search-button.module.css'

/** Looks like a field where there is room, and is a button. */
export function SearchButton({ onClick }: { readonly onClick: () => void }) {
  const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent)
  return (
    <>
      <UnstyledButton className={styles.field} onClick={onClick} visibleFrom="sm" aria-keyshortcuts="Control+K Meta+K">
        <IconSearch size={16} aria-hidden />
        <Text span size="sm" className={styles.text}>
          Search
        </Text>
        <Kbd size="xs" aria-hidden>
          {isMac ? '⌘ K' : 'Ctrl K'}
        </Kbd>
      </UnstyledButton>
      <ActionIcon variant="subtle" color="gray" size="lg" hiddenFrom="sm" aria-label="Search" onClick={onClick}>
        <IconSearch size={20} aria-hidden />
      </ActionIcon>
    </>
  )
}
