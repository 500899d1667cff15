import { Button, Group, Select, TextInput } from '@mantine/core'
import { useState } from 'react'
import { ActorSelect } from './actor-select.tsx'
import { kindChoices } from './kinds.ts'
import type { AuditSearch } from './search.ts'

interface AuditFiltersProps {
  /** As they stand in the address. */
  readonly filters: AuditSearch
  readonly onChange: (filters: AuditSearch) => void
}

export function AuditFilters({ filters, onChange }: AuditFiltersProps) {
  const [typed, setTyped] = useState(() => fieldsOf(filters))
  const [seen, setSeen] = useState(filters)
  if (JSON.stringify(filters) !== JSON.stringify(seen)) {
    // The address changed by going back, or by a link.
    setSeen(filters)
    setTyped(fieldsOf(filters))
  }
  const set = (name: keyof typeof typed) => (value: string) => setTyped((before) => ({ ...before, [name]: value }))
  const field = (name: keyof typeof typed) => ({
    size: 'xs' as const,
    value: typed[name],
    onChange: ({ currentTarget: { value } }: { currentTarget: { value: string } }) => set(name)(value),
  })
  const apply = () => {
    const { entity, entity_id, actor, from, to } = typed
    const given = {
      ...{ entity, entity_id: entity_id.trim(), actor },
      from: from === '' ? '' : new Date(from).toISOString(),
      to: to === '' ? '' : new Date(to).toISOString(),
    }
    onChange(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== '')))
  }
  return (
    <form
      aria-label="Which changes to list"
      onSubmit={(event) => {
        event.preventDefault()
        apply()
      }}
    >
      <Group gap="xs" align="flex-end">
        <Select
          label="Kind of thing"
          placeholder="Any"
          size="xs"
          flex="1 1 140px"
          maw={200}
          searchable
          clearable
          data={kindChoices(typed.entity)}
          value={typed.entity === '' ? null : typed.entity}
          onChange={(kind) => set('entity')(kind ?? '')}
          nothingFoundMessage="There is no such kind."
        />
        <TextInput label="Its id" flex="1 1 140px" maw={200} {...field('entity_id')} />
        <ActorSelect value={typed.actor} onChange={set('actor')} />
        <TextInput label="From" type="datetime-local" flex="1 1 160px" maw={200} {...field('from')} />
        <TextInput label="Until" type="datetime-local" flex="1 1 160px" maw={200} {...field('to')} />
        <Button type="submit" size="xs" variant="default">
          Filter
        </Button>
        {Object.keys(filters).length > 0 && (
          <Button size="xs" variant="subtle" onClick={() => onChange({})}>
            Clear filters
          </Button>
        )}
      </Group>
    </form>
  )
}

function fieldsOf({ entity = '', entity_id = '', actor = '', from, to }: AuditSearch) {
  return { entity, entity_id, actor, from: localInput(from), to: localInput(to) }
}

/** A moment in the zone of the browser, as the field takes it. */
function localInput(iso: string | undefined): string {
  if (iso === undefined) return ''
  const date = new Date(iso)
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
