import { Anchor, Badge, Button, Group, Stack, Text } from '@mantine/core'
import { IconPlayerPlay } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { type Column, DataTable, durationText } from '../ui/index.ts'
import { PauseSwitch } from './pause-switch.tsx'
import { RecentRuns } from './recent-runs.tsx'
import { ScheduleWords } from './schedule-words.tsx'
import { shownTags } from './shown-tags.ts'
import { useMayWriteAny } from './use-may-write.ts'
import type { Workflow } from './use-workflow.ts'

interface WorkflowTableProps {
  readonly workflows: readonly Workflow[]
  readonly onTag?: (tag: string) => void
}

/** Workflows with their last runs and schedules, and what the person may do to each. */
export function WorkflowTable({ workflows, onTag }: WorkflowTableProps) {
  const mayWrite = useMayWriteAny(workflows.map(({ project_id }) => project_id))
  const columns: Column<Workflow>[] = [
    { title: 'Workflow', cell: (row) => <NameCell workflow={row} {...(onTag === undefined ? {} : { onTag })} /> },
    { title: 'Last runs', cell: (row) => <RecentRuns workflow={row} /> },
    { title: 'Took', align: 'right', isSecondary: true, cell: (row) => <LastDuration workflow={row} /> },
    { title: 'Schedule', isSecondary: true, cell: (row) => <ScheduleWords workflow={row} /> },
    {
      title: 'Active',
      cell: (row) =>
        row.schedule === undefined ? null : mayWrite(row.project_id) ? (
          <PauseSwitch workflow={row} />
        ) : (
          <Text size="sm">{row.paused ? 'paused' : 'active'}</Text>
        ),
    },
    {
      title: 'Start',
      isSecondary: true,
      cell: (row) =>
        mayWrite(row.project_id) && (
          <Button
            size="compact-sm"
            variant="default"
            renderRoot={(props) => (
              <Link {...props} to="/workflows/$workflow/trigger" params={{ workflow: row.name }} />
            )}
            leftSection={<IconPlayerPlay size={14} aria-hidden />}
            aria-label={`Trigger ${row.name}`}
          >
            Trigger
          </Button>
        ),
    },
  ]
  return <DataTable label="Workflows" rows={workflows} rowKey={({ name }) => name} columns={columns} />
}

function NameCell({ workflow, onTag }: { readonly workflow: Workflow; readonly onTag?: (tag: string) => void }) {
  const { name, title, owner } = workflow
  const known = [...(title === undefined ? [] : [name]), ...(owner === undefined ? [] : [`of ${owner}`])].join(', ')
  return (
    <Stack gap={2}>
      <Anchor
        size="sm"
        fw={600}
        renderRoot={(props) => <Link {...props} to="/workflows/$workflow" params={{ workflow: name }} />}
      >
        {title ?? name}
      </Anchor>
      <Group gap={6} visibleFrom="sm">
        {known !== '' && (
          <Text size="xs" c="dimmed">
            {known}
          </Text>
        )}
        {shownTags(workflow).map((tag) => (
          <Badge
            key={tag}
            size="sm"
            variant="default"
            tt="none"
            {...(onTag === undefined
              ? {}
              : {
                  component: 'button' as const,
                  type: 'button' as const,
                  style: { cursor: 'pointer' },
                  'aria-label': `Only with the tag ${tag}`,
                  onClick: () => onTag(tag),
                })}
          >
            {tag}
          </Badge>
        ))}
      </Group>
    </Stack>
  )
}

function LastDuration({ workflow }: { readonly workflow: Workflow }) {
  const seconds = workflow.recent_runs.find((run) => run.duration_seconds !== undefined)?.duration_seconds
  return <span className="numeric">{seconds === undefined ? '–' : durationText(seconds * 1000)}</span>
}
