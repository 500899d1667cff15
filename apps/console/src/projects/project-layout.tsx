import { Badge } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type LinkProps, Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { useEffect } from 'react'
import { ApiError, useUser } from '../api/index.ts'
import { Loaded, NotFound, Page, RouteTabs } from '../ui/index.ts'
import { PinButton } from './pin-button.tsx'
import { projectQuery } from './project-query.ts'
import { forgetVisit, useVisit } from './recent-projects.ts'
import { usePermissions } from './use-permissions.ts'
import { ProjectContext, useProject } from './use-project.ts'

/** The head of the page of a project, with the part that is open below it. */
export function ProjectLayout() {
  const { namespace, project: slug } = useParams({ from: '/shell/projects/$namespace/$project' })
  const { id: user } = useUser()
  const project = useQuery(projectQuery(namespace, slug))
  const navigate = useNavigate()
  const { data } = project
  const isMoved = data !== undefined && (data.namespace !== namespace || data.slug !== slug)
  useEffect(() => {
    // By a path that it had before; the address becomes the one that it has now.
    if (!isMoved) return
    const params = { namespace: data.namespace, project: data.slug }
    void navigate({
      to: '.',
      params: (before: object) => ({ ...before, ...params }),
      search: true,
      replace: true,
    } as never)
  }, [isMoved, data, navigate])
  const isMissing = data === undefined && project.error instanceof ApiError && project.error.status === 404
  useEffect(() => {
    if (isMissing) forgetVisit(user, `${namespace}/${slug}`)
  }, [isMissing, user, namespace, slug])
  if (isMissing) return <NotFound />
  return (
    <Loaded query={project}>
      {(found) => (
        <ProjectContext value={found}>
          <ProjectFrame />
        </ProjectContext>
      )}
    </Loaded>
  )
}

function ProjectFrame() {
  const project = useProject()
  const { name, namespace, slug, visibility, is_template, description } = project
  const may = usePermissions()
  const me = useUser()
  useVisit(me.id, { id: project.id, path: `${namespace}/${slug}`, name })
  const params = { namespace, project: slug }
  const tab = (label: string, to: LinkProps['to']) => ({ label, link: { to, params } as LinkProps })
  return (
    <Page
      title={name}
      above={[
        { label: 'Projects', link: { to: '/projects' } },
        { label: namespace, link: { to: '/projects', search: { namespace } } as LinkProps },
      ]}
      mark={
        <>
          <Badge variant="default">{visibility}</Badge>
          {is_template && <Badge variant="default">template</Badge>}
        </>
      }
      about={description}
      actions={<PinButton path={`${namespace}/${slug}`} />}
    >
      <RouteTabs
        label="Parts of the project"
        tabs={[
          { ...tab('Overview', '/projects/$namespace/$project'), exact: true },
          tab('Workflows', '/projects/$namespace/$project/workflows'),
          tab('Pipelines', '/projects/$namespace/$project/pipelines'),
          tab('Copies', '/projects/$namespace/$project/copies'),
          tab('Connections', '/projects/$namespace/$project/connections'),
          tab('Secrets', '/projects/$namespace/$project/secrets'),
          tab('Variables', '/projects/$namespace/$project/variables'),
          tab('Data', '/projects/$namespace/$project/data'),
          tab('Sessions', '/projects/$namespace/$project/sessions'),
          tab('Members', '/projects/$namespace/$project/members'),
          ...(may.delete ? [tab('Audit', '/projects/$namespace/$project/audit')] : []),
          ...(may.write ? [tab('Settings', '/projects/$namespace/$project/settings')] : []),
        ]}
      />
      <Outlet />
    </Page>
  )
}
