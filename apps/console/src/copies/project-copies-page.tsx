import { Anchor, Button, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { apiPage } from '../api/index.ts'
import { useProjectPlace, useWrite } from '../connections/index.ts'
import { useLive } from '../live/index.ts'
import { DataTable, EmptyState, Loaded, Pager } from '../ui/index.ts'
import { endsText } from './ends-text.ts'
import { runColumns } from './run-columns.tsx'

export function ProjectCopiesPage() {
  const { id, namespace, slug } = useProjectPlace()
  const { page = 1 } = useSearch({ strict: false }) as { page?: number }
  const mayWrite = useWrite({ kind: 'project', id, namespace, slug }) === true
  useLive({ runs: true })
  const copies = useQuery(
    apiPage('/api/projects/{id}/copies', { params: { path: { id }, query: { page, per_page: 50 } } }),
  )
  const params = { namespace, project: slug }
  const create = (
    <Button renderRoot={(props) => <Link {...props} to="/projects/$namespace/$project/copies/new" params={params} />}>
      Copy data
    </Button>
  )
  return (
    <>
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          A copy moves tables, a query or files from one connection to another, and proves what arrived.
        </Text>
        {mayWrite && create}
      </Group>
      <Loaded query={copies}>
        {({ items, totalPages, total }) =>
          items.length === 0 ? (
            <EmptyState title="Nothing is copied yet" action={mayWrite ? create : null}>
              {mayWrite
                ? 'Choose a source and a destination, and see what would happen before anything does.'
                : 'Who may change the project can make a copy.'}
            </EmptyState>
          ) : (
            <>
              <DataTable
                label="Copies"
                rows={items}
                rowKey={({ name }) => name}
                columns={[
                  {
                    title: 'Copy',
                    cell: ({ name, title, config }) => (
                      <>
                        <Anchor
                          size="sm"
                          fw={600}
                          component={Link}
                          to="/projects/$namespace/$project/copies/$copy"
                          params={{ ...params, copy: name } as never}
                        >
                          {title ?? name}
                        </Anchor>
                        <Text size="xs" c="dimmed">
                          {endsText(config)}
                        </Text>
                      </>
                    ),
                  },
                  ...runColumns,
                ]}
              />
              <Pager page={page} totalPages={totalPages} total={total} of="copies" />
            </>
          )
        }
      </Loaded>
    </>
  )
}
