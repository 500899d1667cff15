import { Anchor, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { apiPage, apiQuery } from '../api/index.ts'
import { DataTable, EmptyState, Loaded, Moment, Pager } from '../ui/index.ts'
import { LauncherName } from './launcher-name.tsx'
import { useClassText } from './use-classes.ts'

/** Launchers of all projects that the person sees. */
export function Launchers() {
  const { page = 1 } = useSearch({ from: '/shell/sessions' })
  const launchers = useQuery(apiPage('/api/data/session_launchers', { params: { query: { page, per_page: 20 } } }))
  const classText = useClassText()
  return (
    <section aria-labelledby="launchers">
      <Title order={2} id="launchers" mb="xs">
        Launchers
      </Title>
      <Loaded query={launchers}>
        {({ items, totalPages, total }) =>
          items.length === 0 ? (
            <EmptyState title="No launchers yet">Make one in a project, on its tab for sessions.</EmptyState>
          ) : (
            <>
              <DataTable
                label="Launchers"
                rows={items}
                rowKey={({ id }) => id}
                columns={[
                  { title: 'Launcher', cell: (launcher) => <LauncherName launcher={launcher} /> },
                  { title: 'Project', cell: ({ project_id }) => <ProjectSessionsLink id={project_id} /> },
                  { title: 'Environment', isSecondary: true, cell: ({ environment }) => environment.name },
                  {
                    title: 'Size',
                    isSecondary: true,
                    cell: ({ resource_class_id }) => classText(resource_class_id),
                  },
                  {
                    title: 'Created',
                    align: 'right',
                    isSecondary: true,
                    cell: ({ creation_date }) => <Moment at={creation_date} />,
                  },
                ]}
              />
              <Pager page={page} totalPages={totalPages} total={total} of="launchers" />
            </>
          )
        }
      </Loaded>
    </section>
  )
}

function ProjectSessionsLink({ id }: { readonly id: string }) {
  const { data } = useQuery(apiQuery('/api/data/projects/{project_id}', { params: { path: { project_id: id } } }))
  if (data === undefined) return id
  const { name, namespace, slug } = data
  return (
    <Anchor
      size="sm"
      renderRoot={(props) => (
        <Link {...props} to="/projects/$namespace/$project/sessions" params={{ namespace, project: slug }} />
      )}
    >
      {name}
    </Anchor>
  )
}
