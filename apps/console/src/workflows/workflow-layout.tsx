import { Badge, Button, Text } from '@mantine/core'
import { IconPlayerPlay } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useParams } from '@tanstack/react-router'
import { ApiError, apiQuery } from '../api/index.ts'
import { useLive } from '../live/index.ts'
import { Loaded, Moment, NotFound, Page, RouteTabs } from '../ui/index.ts'
import { CopyButton } from './copy-button.tsx'
import { DeployerName } from './deployer-name.tsx'
import { PauseSwitch } from './pause-switch.tsx'
import { useMayWrite } from './use-may-write.ts'
import { type Workflow, WorkflowContext } from './use-workflow.ts'

/** The head of the page of a workflow, with the part that is open below it. */
export function WorkflowLayout() {
  const { workflow: name } = useParams({ from: '/shell/workflows/$workflow' })
  useLive({ runs: true })
  const workflow = useQuery({
    ...apiQuery('/api/workflows/{workflow}', { params: { path: { workflow: name } } }),
  })
  if (workflow.data === undefined && workflow.error instanceof ApiError && workflow.error.status === 404)
    return <NotFound />
  return <Loaded query={workflow}>{(found) => <Frame workflow={found} />}</Loaded>
}

function Frame({ workflow }: { readonly workflow: Workflow }) {
  const { name, title, project_id, schedule, paused, version, deployed_at, deployed_by } = workflow
  const access = useMayWrite(project_id)
  const mayWrite = access === true
  const params = { workflow: name }
  const settings = { label: 'Settings', link: { to: '/workflows/$workflow/settings', params } } as const
  return (
    <WorkflowContext value={{ workflow, mayWrite, isAccessKnown: access !== null }}>
      <Page
        title={title ?? name}
        above={[{ label: 'Workflows', link: { to: '/workflows' } }]}
        mark={paused && access === false ? <Badge variant="default">paused</Badge> : undefined}
        about={
          <Text span inherit>
            {title === undefined ? '' : `${name}, `}version {version}, deployed <Moment at={deployed_at} /> by{' '}
            <DeployerName id={deployed_by} />
          </Text>
        }
        actions={
          <>
            <CopyButton workflow={workflow} />
            {mayWrite && (
              <>
                {schedule !== undefined && <PauseSwitch workflow={workflow} />}
                <Button
                  component={Link}
                  to="/workflows/$workflow/trigger"
                  params={params as never}
                  leftSection={<IconPlayerPlay size={16} aria-hidden />}
                >
                  Trigger
                </Button>
              </>
            )}
          </>
        }
      >
        <RouteTabs
          label="Parts of the workflow"
          tabs={[
            { label: 'Overview', link: { to: '/workflows/$workflow', params }, exact: true },
            { label: 'Graph', link: { to: '/workflows/$workflow/graph', params } },
            { label: 'Versions', link: { to: '/workflows/$workflow/versions', params } },
            { label: 'Schedule', link: { to: '/workflows/$workflow/schedule', params } },
            { label: 'Backfills', link: { to: '/workflows/$workflow/backfills', params } },
            ...(mayWrite ? [settings] : []),
          ]}
        />
        <Outlet />
      </Page>
    </WorkflowContext>
  )
}
