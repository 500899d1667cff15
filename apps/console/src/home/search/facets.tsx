import { Button, Group, Stack, Title } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import type { Schema } from '../../api/index.ts'
import { hasTerm, toggled } from './search-text.ts'

interface FacetsProps {
  readonly facets: Schema<'SearchResult'>['facets']
  readonly text: string
  readonly onChange: (text: string) => void
}

const mostKeywords = 12

/** What was found, counted; each narrows the search, or takes that back. */
export function Facets({ facets: { entityType, keywords }, text, onChange }: FacetsProps) {
  const parts = [
    { title: 'Kind', field: 'type', counts: Object.entries(entityType) },
    { title: 'Keyword', field: 'keyword', counts: Object.entries(keywords).slice(0, mostKeywords) },
  ]
  return (
    <Stack w={{ base: '100%', sm: 220 }}>
      {parts
        .filter(({ counts }) => counts.length > 0)
        .map(({ title, field, counts }) => (
          <Stack key={field} gap={6}>
            <Title order={2} size="sm">
              {title}
            </Title>
            <Group gap={6}>
              {counts.map(([value, count]) => {
                const isOn = hasTerm(text, field, value)
                return (
                  <Button
                    key={value}
                    size="compact-sm"
                    variant={isOn ? 'filled' : 'default'}
                    aria-pressed={isOn}
                    leftSection={isOn ? <IconCheck size={14} aria-hidden /> : undefined}
                    onClick={() => onChange(toggled(text, field, value))}
                  >
                    {value} {Number(count).toLocaleString()}
                  </Button>
                )
              })}
            </Group>
          </Stack>
        ))}
    </Stack>
  )
}
