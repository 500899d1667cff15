import { Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import type { apiPage } from '../api/index.ts'
import { EmptyState, Loaded, Pager } from '../ui/index.ts'
import { AuditFilters } from './audit-filters.tsx'
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
      <AuditFilters filters={filters} onChange={change} />
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
