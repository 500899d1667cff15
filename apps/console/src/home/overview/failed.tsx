import { Anchor, Button, Group, Text } from '@mantine/core'
import { IconRefresh } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { api, invalidate, type Schema } from '../../api/index.ts'
import { Moment } from '../../ui/index.ts'
import { RunLink } from './run-link.tsx'
import styles from './section.module.css'
import { Line, Section } from './section.tsx'
import { useMayRepair } from './use-may-repair.ts'

type FailedRun = Schema<'Overview'>['failed'][number]

export function Failed({ failed }: { readonly failed: readonly FailedRun[] }) {
  return (
    <Section
      title="Failed"
      count={failed.length}
      more={{ label: 'All failed runs', link: { to: '/runs', search: { state: ['failed'] } as never } }}
      empty="The last run of every workflow went well."
    >
      {failed.map((run) => (
        // Another failure, also of the same run, can be retried as well.
        <Line key={`${run.run} ${run.ended_at}`}>
          <FailedLine run={run} />
        </Line>
      ))}
    </Section>
  )
}

function FailedLine({ run: failure }: { readonly run: FailedRun }) {
  const { workflow, run, ended_at, nodes, failed_nodes, task_run, message, active_run } = failure
  const mayRepair = useMayRepair(failure.project_id)
  const retry = useMutation({
    mutationFn: () => api.post('/api/runs/{run}/retry', { params: { path: { run } } }),
    onSuccess: () => invalidate('/api/overview', '/api/runs', '/api/runs/{run}'),
  })
  const more = failed_nodes - nodes.length
  return (
    <>
      <Group justify="space-between" gap="xs">
        <RunLink workflow={workflow} run={run} />
        <Group gap="xs">
          <Text size="sm" c="dimmed">
            <Moment at={ended_at} />
          </Text>
          {active_run !== undefined ? (
            <Anchor component={Link} to="/runs/$run" params={{ run: active_run } as never} size="sm">
              run {active_run} is under way
            </Anchor>
          ) : (
            mayRepair && (
              <Button
                size="compact-sm"
                variant="default"
                loading={retry.isPending}
                disabled={retry.isSuccess}
                aria-label={`Retry run ${run} of ${workflow}`}
                leftSection={<IconRefresh size={14} aria-hidden />}
                onClick={() => retry.mutate()}
              >
                Retry
              </Button>
            )
          )}
        </Group>
      </Group>
      {nodes.length > 0 && (
        <Text size="sm">
          <Anchor
            component={Link}
            {...({ to: '/runs/$run', params: { run }, search: { task: task_run } } as object)}
            size="sm"
          >
            {nodes.join(', ')}
          </Anchor>
          {more > 0 ? ` and ${more} more` : ''} failed
        </Text>
      )}
      {message !== undefined && (
        <Text lineClamp={2} className={styles.message} c="var(--mantine-color-red-text)" title={message}>
          {message}
        </Text>
      )}
    </>
  )
}
