import { Group, Text, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import type { Card } from './board.ts'

interface FindCardProps {
  readonly value: string
  /** How many cards fit; undefined while nothing is looked for. */
  readonly count: number | undefined
  readonly onChange: (text: string) => void
}

/** Looks for transformations of a large board, which stay where they are; Enter goes to the first that fits. */
export function FindCard({ value, count, onChange }: FindCardProps) {
  return (
    <Group gap="xs" mb="xs">
      <TextInput
        aria-label="Find a transformation"
        placeholder="Find a transformation"
        size="xs"
        w={240}
        leftSection={<IconSearch size={14} aria-hidden />}
        value={value}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
        onKeyDown={({ key }) => {
          if (key === 'Escape') onChange('')
          if (key !== 'Enter' || count === 0) return
          const card = document.querySelector<HTMLElement>('[data-card] [data-faded="false"]')
          card?.scrollIntoView({ block: 'center', inline: 'center' })
          card?.querySelector<HTMLButtonElement>('button[data-opens]')?.focus()
        }}
      />
      <Text size="xs" c="dimmed" role="status">
        {count === undefined ? '' : count === 1 ? '1 fits' : `${count} fit`}
      </Text>
    </Group>
  )
}

/** By the name of its template and by its variables, in whichever case. */
export function isFound({ variables }: Card, title: string, text: string): boolean {
  const wanted = text.toLowerCase()
  return [title, ...Object.entries(variables).map(([name, value]) => `${name} = ${value}`)].some((one) =>
    one.toLowerCase().includes(wanted),
  )
}
