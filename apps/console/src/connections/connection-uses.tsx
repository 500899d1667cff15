import { Anchor, Badge } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { DataTable, EmptyState, Loaded } from '../ui/index.ts'
import { type Place, usesQuery } from './place.ts'

/** Workflows with tasks that name the connection. */
export function ConnectionUses({ place, id }: { readonly place: Place; readonly id: string }) {
  const uses = useQuery(usesQuery(place, id))
  return (
    <Loaded query={uses}>
      {(found) =>
        found.length === 0 ? (
          <EmptyState title="No workflow uses it">
            None that you may see names it. Tasks that make up its name from a template are not counted.
          </EmptyState>
        ) : (
          <DataTable
            label="Workflows that use the connection"
            rows={found}
            rowKey={({ workflow, version }) => `${workflow} ${version}`}
            columns={[
              {
                title: 'Workflow',
                cell: ({ workflow }) => (
                  <Anchor component={Link} to="/workflows/$workflow" params={{ workflow } as never} size="sm">
                    {workflow}
                  </Anchor>
                ),
              },
              {
                title: 'Version',
                cell: ({ version, current }) => (
                  <>
                    {version} {current && <Badge variant="default">current</Badge>}
                  </>
                ),
              },
              { title: 'Tasks', cell: ({ nodes }) => nodes.join(', ') },
            ]}
          />
        )
      }
    </Loaded>
  )
}
