import { Button, Group, Loader, NativeSelect, Stack, Text, TextInput } from '@mantine/core'
import { IconRefresh, IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { EmptyState, Failure } from '../ui/index.ts'
import styles from './connections.module.css'
import { atOtherEnd, type Place, relationsQuery } from './place.ts'
import { RelationList } from './relation-list.tsx'
import { TablePreview } from './table-preview.tsx'

interface DataSearch {
  readonly table?: string
  readonly find?: string
  readonly rows?: number
}

/** What is at the other end: tables or files, and the first rows of one. */
export function ConnectionData({ place, id }: { readonly place: Place; readonly id: string }) {
  const { table, find = '', rows = 100 } = useSearch({ strict: false }) as DataSearch
  const navigate = useNavigate()
  const relations = useQuery({ ...relationsQuery(place, id), ...atOtherEnd })
  const go = (next: DataSearch, replace = false) =>
    void navigate({ to: '.', replace, search: (before: object) => ({ ...before, ...next }) } as never)
  if (relations.isPending) {
    return (
      <Group gap="xs" role="status">
        <Loader size="xs" aria-hidden />
        <Text size="sm">Asking the other end what there is…</Text>
      </Group>
    )
  }
  if (relations.isError) {
    return (
      <Failure
        title="The tables could not be listed"
        error={relations.error}
        onRetry={() => void relations.refetch()}
      />
    )
  }
  const { tables, cut } = relations.data
  const shown = tables.filter((name) => name.toLowerCase().includes(find.toLowerCase()))
  if (tables.length === 0) {
    return (
      <EmptyState
        title="There is nothing at the other end"
        action={
          <Button variant="default" loading={relations.isFetching} onClick={() => void relations.refetch()}>
            Look again
          </Button>
        }
      >
        The connection works, but its user sees no table or file. It may need more rights there.
      </EmptyState>
    )
  }
  return (
    <div className={styles.browser}>
      <Stack gap="xs">
        <Group gap="xs" wrap="nowrap">
          <TextInput
            flex={1}
            aria-label="Search tables"
            placeholder="Search tables"
            leftSection={<IconSearch size={16} aria-hidden />}
            value={find}
            onChange={({ currentTarget }) => go({ find: currentTarget.value || undefined } as DataSearch, true)}
          />
          <Button
            variant="default"
            px="xs"
            aria-label="Look again"
            loading={relations.isFetching}
            onClick={() => void relations.refetch()}
          >
            <IconRefresh size={16} aria-hidden />
          </Button>
        </Group>
        <RelationList tables={shown} selected={table} onSelect={(name) => go({ table: name })} />
        <Text size="xs" c="dimmed" aria-live="polite">
          {shown.length === tables.length ? tables.length : `${shown.length} of ${tables.length}`}
          {tables.length === 1 ? ' table' : ' tables'}
          {cut ? '; there are more, which are not listed' : ''}
        </Text>
      </Stack>
      {table === undefined ? (
        <EmptyState title="Choose a table">Its columns and first rows are read then.</EmptyState>
      ) : (
        <Stack gap="xs" miw={0}>
          <Group justify="space-between">
            <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
              {table}
            </Text>
            <NativeSelect
              aria-label="Rows to read"
              size="xs"
              value={`${rows}`}
              data={['20', '100', '500', '1000'].map((value) => ({ value, label: `${value} rows` }))}
              onChange={({ currentTarget }) => go({ rows: Number(currentTarget.value) }, true)}
            />
          </Group>
          <TablePreview place={place} id={id} table={table} limit={rows} />
        </Stack>
      )}
    </div>
  )
}
