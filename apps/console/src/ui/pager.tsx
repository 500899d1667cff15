import { Group, Pagination, Text } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'

/** What a route with a paged list takes in its address; to be used in `validateSearch`. */
export function pageSearch(search: Record<string, unknown>): { page?: number } {
  const page = Number(search.page)
  // The router keeps what the address says of any key that is not there.
  return { page: Number.isInteger(page) && page > 1 ? page : undefined } as { page?: number }
}

interface PagerProps {
  readonly page: number
  readonly totalPages: number
  readonly total: number
  /** What is counted, in the plural: "runs". */
  readonly of: string
}

/** Where a long list goes on; the page stands in the address. */
export function Pager({ page, totalPages, total, of }: PagerProps) {
  const navigate = useNavigate()
  if (totalPages <= 1) return null
  const go = (next: number) =>
    void navigate({
      to: '.',
      search: (before: object) => ({ ...before, page: next === 1 ? undefined : next }),
    } as never)
  return (
    <Group justify="space-between">
      <Text size="sm" c="dimmed" className="numeric">
        {total.toLocaleString()} {of}
      </Text>
      <Pagination
        size="sm"
        value={page}
        total={totalPages}
        onChange={go}
        getControlProps={(control) => ({ 'aria-label': `${control} page` })}
        getItemProps={(item) => ({ 'aria-label': `Page ${item}` })}
      />
    </Group>
  )
}
