import { Badge } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Outlet, useParams } from '@tanstack/react-router'
import { apiQuery } from '../api/index.ts'
import { Loaded, Page, RouteTabs } from '../ui/index.ts'
import { ProjectContext } from './use-project.ts'

/** The head of the page of a project, with the part that is open below it. */
export function ProjectLayout() {
  const { namespace, project: slug } = useParams({ from: '/shell/projects/$namespace/$project' })
  const project = useQuery(
    apiQuery('/api/data/namespaces/{namespace}/projects/{slug}', { params: { path: { namespace, slug } } }),
  )
  const params = { namespace, project: slug }
  return (
    <Loaded query={project}>
      {(found) => (
        <ProjectContext value={found}>
          <Page
            title={found.name}
            above={[{ label: 'Projects', link: { to: '/projects' } }]}
            mark={<Badge variant="default">{found.visibility}</Badge>}
          >
            <RouteTabs
              label="Parts of the project"
              tabs={[
                { label: 'Overview', link: { to: '/projects/$namespace/$project', params }, exact: true },
                { label: 'Workflows', link: { to: '/projects/$namespace/$project/workflows', params } },
                { label: 'Pipelines', link: { to: '/projects/$namespace/$project/pipelines', params } },
                { label: 'Copies', link: { to: '/projects/$namespace/$project/copies', params } },
                { label: 'Connections', link: { to: '/projects/$namespace/$project/connections', params } },
                { label: 'Secrets', link: { to: '/projects/$namespace/$project/secrets', params } },
                { label: 'Sessions', link: { to: '/projects/$namespace/$project/sessions', params } },
                { label: 'Members', link: { to: '/projects/$namespace/$project/members', params } },
                { label: 'Audit', link: { to: '/projects/$namespace/$project/audit', params } },
                { label: 'Settings', link: { to: '/projects/$namespace/$project/settings', params } },
              ]}
            />
            <Outlet />
          </Page>
        </ProjectContext>
      )}
    </Loaded>
  )
}
