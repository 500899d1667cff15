import { Stack } from '@mantine/core'
import { Outlet } from '@tanstack/react-router'
import { useProject } from '../projects/index.ts'
import { RouteTabs } from '../ui/index.ts'

/** What a project has of pipelines, with the part that is open below. */
export function ProjectPipelineParts() {
  const { namespace, slug } = useProject()
  const params = { namespace, project: slug }
  return (
    <Stack gap="md">
      <RouteTabs
        label="Parts of the pipelines"
        tabs={[
          { label: 'Pipelines', link: { to: '/projects/$namespace/$project/pipelines', params }, exact: true },
          { label: 'Templates', link: { to: '/projects/$namespace/$project/pipelines/templates', params } },
          { label: 'Clients and types', link: { to: '/projects/$namespace/$project/pipelines/catalogue', params } },
          { label: 'As code', link: { to: '/projects/$namespace/$project/pipelines/code', params } },
        ]}
      />
      <Outlet />
    </Stack>
  )
}
