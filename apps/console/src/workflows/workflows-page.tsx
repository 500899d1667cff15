import { Anchor, Badge, Button, Group, Stack, Text } from '@mantine/core'
import { IconPlayerPlay } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { apiPage, apiQuery } from '../api/index.ts'
import { useLive } from '../live/index.ts'
import { type Column, DataTable, durationText, EmptyState, Loaded, Page, Pager } from '../ui/index.ts'
import { DeployHelp } from './deploy-help.tsx'
import { PauseSwitch } from './pause-switch.tsx'
import { RecentRuns } from './recent-runs.tsx'
import { ScheduleWords } from './schedule-words.tsx'
import type { WorkflowsSearch } from './search.ts'
import { useMayWriteAny } from './use-may-write.ts'
import type { Workflow } from './use-workflow.ts'
import { WorkflowFilters } from './workflow-filters.tsx'

const perPage = 50

export function WorkflowsPage() {
  const search = useSearch({ from: '/shell/workflows' })
  const navigate = useNavigate({ from: '/workflows' })
  const { page = 1, failing, ...filter } = search
  useLive({ runs: true })
  const list = useQuery({
    ...apiPage('/api/workflows', {
      params: { query: { ...filter, ...(failing ? { last_state: 'failed' as const } : {}), page, per_page: perPage } },
    }),
    placeholderData: keepPreviousData,
  })
  const projects = useQuery(apiQuery('/api/data/projects', { params: { query: { per_page: 100 } } }))
  const rows = list.data?.items ?? []
  const mayWrite = useMayWriteAny(rows.map(({ project_id }) => project_id))
  const change = (next: WorkflowsSearch) =>
    void navigate({ search: withoutEmpty({ ...search, page: undefined, ...next }), replace: true })
  const tags = new Set([...rows.flatMap((row) => row.tags), ...(search.tag === undefined ? [] : [search.tag])])
  const isFiltered = Object.keys(search).some((name) => name !== 'page')

  const columns: Column<Workflow>[] = [
    { title: 'Workflow', cell: (row) => <NameCell workflow={row} onTag={(tag) => change({ tag })} /> },
    { title: 'Last runs', cell: (row) => <RecentRuns workflow={row} /> },
    { title: 'Took', align: 'right', isSecondary: true, cell: (row) => <LastDuration workflow={row} /> },
    { title: 'Schedule', isSecondary: true, cell: (row) => <ScheduleWords workflow={row} /> },
    { title: 'Owner', isSecondary: true, cell: ({ owner }) => <Text size="sm">{owner ?? '–'}</Text> },
    {
      title: 'Runs by schedule',
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
  return (
    <Page title="Workflows">
      <Loaded query={list}>
        {({ items, total, totalPages }) =>
          total === 0 && !isFiltered ? (
            <DeployHelp />
          ) : (
            <Stack gap="sm">
              <WorkflowFilters search={search} onChange={change} projects={projects.data ?? []} tags={[...tags]} />
              {items.length === 0 ? (
                <EmptyState
                  title="No workflow is like this"
                  action={
                    <Button variant="default" component={Link} to="/workflows">
                      Show all
                    </Button>
                  }
                >
                  Nothing of what you may see fits the filters above.
                </EmptyState>
              ) : (
                <DataTable label="Workflows" rows={items} rowKey={({ name }) => name} columns={columns} />
              )}
              <Pager page={page} total={total} totalPages={totalPages} of="workflows" />
            </Stack>
          )
        }
      </Loaded>
    </Page>
  )
}

function NameCell({ workflow, onTag }: { readonly workflow: Workflow; readonly onTag: (tag: string) => void }) {
  const { name, title, tags } = workflow
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
        {title !== undefined && (
          <Text size="xs" c="dimmed">
            {name}
          </Text>
        )}
        {tags.map((tag) => (
          <Badge
            key={tag}
            component="button"
            type="button"
            size="sm"
            variant="default"
            tt="none"
            style={{ cursor: 'pointer' }}
            aria-label={`Only with the tag ${tag}`}
            onClick={() => onTag(tag)}
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

function withoutEmpty(search: WorkflowsSearch): WorkflowsSearch {
  return Object.fromEntries(
    Object.entries(search).filter(
      ([name, value]) => value !== undefined && value !== '' && (value || name === 'paused'),
    ),
  )
}
