import { Group, Kbd, Modal, Stack, Switch, Table, Text, Title } from '@mantine/core'
import { useUser } from '../api/index.ts'
import { areasFor } from './navigation.ts'
import { useLetterKeysSetting } from './use-letter-keys.ts'

interface Shortcut {
  readonly keys: readonly string[]
  readonly does: string
}

const everywhere: readonly Shortcut[] = [
  { keys: ['Ctrl', 'K'], does: 'Search, and do' },
  { keys: ['?'], does: 'Show these shortcuts' },
]

const parts: readonly { readonly title: string; readonly shortcuts: readonly Shortcut[] }[] = [
  {
    title: 'In a grid or a graph',
    shortcuts: [
      { keys: ['←', '↑', '↓', '→'], does: 'Go to the next cell or node' },
      { keys: ['Enter'], does: 'Open it' },
    ],
  },
  {
    title: 'In a log',
    shortcuts: [
      { keys: ['/'], does: 'Search' },
      { keys: ['n'], does: 'Next match' },
      { keys: ['N'], does: 'Match before' },
      { keys: ['g'], does: 'First line' },
      { keys: ['G'], does: 'Last line, and follow' },
    ],
  },
]

interface ShortcutsDialogProps {
  readonly isOpen: boolean
  readonly onClose: () => void
}

export function ShortcutsDialog({ isOpen, onClose }: ShortcutsDialogProps) {
  const [isOn, setOn] = useLetterKeysSetting()
  const areas = areasFor(useUser()).map(({ label, letter }) => ({ keys: ['g', letter], does: label }))
  const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent)
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title="Keyboard shortcuts"
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack>
        <Group align="flex-start" gap="xl" grow preventGrowOverflow={false}>
          <Part title="Go to" shortcuts={areas} />
          <Stack>
            <Part
              title="Everywhere"
              shortcuts={everywhere.map(({ keys, does }) => ({
                keys: keys.map((key) => (isMac && key === 'Ctrl' ? '⌘' : key)),
                does,
              }))}
            />
            {parts.map((part) => (
              <Part key={part.title} {...part} />
            ))}
          </Stack>
        </Group>
        <Switch
          checked={isOn}
          onChange={({ currentTarget }) => setOn(currentTarget.checked)}
          label="Single keys do something"
          description="Turn this off if you dictate to the computer, or press keys by accident. Ctrl-K stays."
        />
      </Stack>
    </Modal>
  )
}

function Part({ title, shortcuts }: { readonly title: string; readonly shortcuts: readonly Shortcut[] }) {
  return (
    <Stack gap={4} miw={220}>
      <Title order={3} size="sm">
        {title}
      </Title>
      <Table verticalSpacing={3} horizontalSpacing={4} withRowBorders={false} aria-label={title}>
        <Table.Tbody>
          {shortcuts.map(({ keys, does }) => (
            <Table.Tr key={does}>
              <Table.Td>
                <Text size="sm">{does}</Text>
              </Table.Td>
              <Table.Td ta="right">
                <Group gap={3} justify="flex-end" wrap="nowrap">
                  {keys.map((key) => (
                    <Kbd key={key} size="xs">
                      {key}
                    </Kbd>
                  ))}
                </Group>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Stack>
  )
}
