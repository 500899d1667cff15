import { Anchor, Button, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { apiPage, apiQuery, type Schema } from '../api/index.ts'
import { useLive } from '../live/index.ts'
import { DataTable, EmptyState, Loaded, Page, Pager } from '../ui/index.ts'
import { NewCopyButton, projectsOfNewCopies } from './new-copy-button.tsx'
import { runColumns } from './run-columns.tsx'

/** Workflows of copies are named so. */
const prefix = 'copy-'

/** Copies of all projects that the person may see. */
export function CopiesPage() {
  const { page = 1 } = useSearch({ strict: false }) as { page?: number }
  useLive({ runs: true })
  const workflows = useQuery(apiPage('/api/workflows', { params: { query: { page, per_page: 50, category: 'copy' } } }))
  return (
    <Page
      title="Copy data"
      about="Tables, queries and files that go from one connection to another, with what is proven of them."
      actions={workflows.data?.items.length === 0 ? undefined : <NewCopyButton />}
    >
      <Loaded query={workflows}>
        {({ items, totalPages, total }) =>
          items.length === 0 ? (
            <NoCopies />
          ) : (
            <>
              <DataTable
                label="Copies"
                rows={items}
                rowKey={({ name }) => name}
                columns={[{ title: 'Copy', cell: (workflow) => <CopyLink workflow={workflow} /> }, ...runColumns]}
              />
              <Pager page={page} totalPages={totalPages} total={total} of="copies" />
            </>
          )
        }
      </Loaded>
    </Page>
  )
}

/** A first copy is begun here, in a project, or with the project that it needs. */
function NoCopies() {
  const projects = useQuery(apiQuery('/api/data/projects', { params: { query: projectsOfNewCopies } }))
  const hasProject = projects.data === undefined || projects.data.length > 0
  return (
    <EmptyState
      title="Nothing is copied yet"
      action={
        hasProject ? (
          <NewCopyButton />
        ) : (
          <Button renderRoot={(props) => <Link {...props} to="/projects/new" />}>Make a project</Button>
        )
      }
    >
      {hasProject
        ? 'A copy belongs to a project, whose connections it uses. Choose the project to begin.'
        : 'A copy belongs to a project, whose connections it uses. Make one, then save a connection to where the data is and one to where it goes.'}
    </EmptyState>
  )
}

function CopyLink({ workflow: { name, title, project_id } }: { readonly workflow: Schema<'Workflow'> }) {
  const project = useQuery({
    ...apiQuery('/api/data/projects/{project_id}', { params: { path: { project_id: project_id ?? '' } } }),
    enabled: project_id !== undefined,
    staleTime: 60_000,
  })
  const label = title ?? name.slice(prefix.length)
  if (project.data === undefined) return <Text size="sm">{label}</Text>
  const { namespace, slug } = project.data
  return (
    <>
      <Anchor
        size="sm"
        fw={600}
        component={Link}
        to="/projects/$namespace/$project/copies/$copy"
        params={{ namespace, project: slug, copy: name.slice(prefix.length) } as never}
      >
        {label}
      </Anchor>
      <Text size="xs" c="dimmed">
        {project.data.name}
      </Text>
    </>
  )
}
