import { Button, Group, Stack, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import type { apiPage } from '../api/index.ts'
import { EmptyState, Loaded, Pager } from '../ui/index.ts'
import { AuditTable } from './audit-table.tsx'
import type { AuditSearch } from './search.ts'

export type AuditQuery = Omit<AuditSearch, 'page'> & { readonly page: number; readonly per_page: number }

interface AuditTrailProps {
  /** Reads a page of the trail: of the platform, a project or a group. */
  readonly query: (query: AuditQuery) => ReturnType<typeof apiPage<'/api/audit'>>
}

/** An audit trail with its filters, which stand in the address; its route has `validateSearch: auditSearch`. */
export function AuditTrail({ query }: AuditTrailProps) {
  const search = useSearch({ strict: false }) as AuditSearch
  const navigate = useNavigate()
  const { page = 1, ...filters } = search
  const events = useQuery(query({ ...filters, page, per_page: 50 }))
  const change = (next: AuditSearch) => void navigate({ to: '.', search: next } as never)
  const isFiltered = Object.keys(filters).length > 0
  return (
    <Stack gap="sm">
      <Filters key={JSON.stringify(filters)} filters={filters} onChange={change} />
      <Loaded query={events} lines={10}>
        {({ items, totalPages, total }) =>
          items.length === 0 ? (
            <EmptyState title={isFiltered ? 'No change is like this' : 'Nothing was changed yet'}>
              {isFiltered
                ? 'Take a filter away, or ask for a longer time.'
                : 'Every change of what people configure will stand here.'}
            </EmptyState>
          ) : (
            <>
              <AuditTable events={items} />
              <Pager page={page} totalPages={totalPages} total={total} of="changes" />
            </>
          )
        }
      </Loaded>
    </Stack>
  )
}

interface FiltersProps {
  readonly filters: AuditSearch
  readonly onChange: (filters: AuditSearch) => void
}

function Filters({ filters, onChange }: FiltersProps) {
  const [typed, setTyped] = useState({
    ...{ entity: filters.entity ?? '', entity_id: filters.entity_id ?? '', actor: filters.actor ?? '' },
    ...{ from: localInput(filters.from), to: localInput(filters.to) },
  })
  const apply = () => {
    const { entity, entity_id, actor, from, to } = typed
    const given = {
      // Entities have underscores where the table shows spaces.
      entity: entity === 'project variable' ? entity : entity.trim().replaceAll(' ', '_'),
      entity_id: entity_id.trim(),
      actor: actor.trim(),
      from: from === '' ? '' : new Date(from).toISOString(),
      to: to === '' ? '' : new Date(to).toISOString(),
    }
    onChange(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== '')))
  }
  const field = (name: keyof typeof typed) => ({
    size: 'xs' as const,
    value: typed[name],
    onChange: ({ currentTarget: { value } }: { currentTarget: { value: string } }) =>
      setTyped((before) => ({ ...before, [name]: value })),
  })
  return (
    <form
      aria-label="Which changes to list"
      onSubmit={(event) => {
        event.preventDefault()
        apply()
      }}
    >
      <Group gap="xs" align="flex-end">
        <TextInput label="Kind of thing" placeholder="project" w={150} {...field('entity')} />
        <TextInput label="Its id" w={200} {...field('entity_id')} />
        <TextInput label="Who, by id" w={200} {...field('actor')} />
        <TextInput label="From" type="datetime-local" w={190} {...field('from')} />
        <TextInput label="Until" type="datetime-local" w={190} {...field('to')} />
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

/** A moment in the zone of the browser, as the field takes it. */
function localInput(iso: string | undefined): string {
  if (iso === undefined) return ''
  const date = new Date(iso)
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
