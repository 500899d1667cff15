import { Anchor, Badge, Group, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { apiAll, apiPage, type Schema } from '../../api/index.ts'
import { useLive } from '../../live/index.ts'
import { DataTable, EmptyState, Loaded, Moment, Pager, StateBadge } from '../../ui/index.ts'
import { frequencyWords } from '../frequency.ts'
import { ActiveBadge } from '../pipeline-header.tsx'
import type { PipelinesSearch } from '../search.ts'
import { PipelineFilters } from './pipeline-filters.tsx'

type ListedPipeline = Schema<'ListedPipeline'>

interface PipelineListProps {
  /** Of one project; of all that the person may see without. */
  readonly projectId?: string
  /** Where there is none yet. */
  readonly empty: ReactNode
  readonly action?: ReactNode
}

/** Pipelines with what they are for, when they run, and how the last run ended. */
export function PipelineList({ projectId, empty, action }: PipelineListProps) {
  const { page = 1, name, client, brand, type, active } = useSearch({ strict: false }) as PipelinesSearch
  const given = Object.fromEntries(
    Object.entries({ project_id: projectId, name, client, brand, type, is_active: active }).filter(
      ([, value]) => value !== undefined,
    ),
  )
  useLive({ runs: true })
  const pipelines = useQuery({
    ...apiPage('/api/pipelines', { params: { query: { page, per_page: 25, ...given } } }),
    placeholderData: keepPreviousData,
  })
  // What can be chosen, whatever is chosen already; asked for once somebody chooses.
  const [isChoosing, setChoosing] = useState(false)
  const all = useQuery({
    ...apiAll('/api/pipelines', { params: { query: projectId === undefined ? {} : { project_id: projectId } } }),
    enabled: isChoosing,
  })
  const isFiltered = [name, client, brand, type, active].some((one) => one !== undefined)
  const known = (field: 'client' | 'brand' | 'type') => (all.data ?? []).map((one) => one[field])
  return (
    <>
      {(isFiltered || (pipelines.data?.total ?? 0) > 0) && (
        <Group justify="space-between">
          <PipelineFilters
            clients={known('client')}
            brands={known('brand')}
            types={known('type')}
            onChoose={() => setChoosing(true)}
          />
          {action}
        </Group>
      )}
      <Loaded query={pipelines}>
        {({ items, total, totalPages }) =>
          items.length === 0 ? (
            isFiltered ? (
              <EmptyState title="No pipeline fits">Choose less in the filters above.</EmptyState>
            ) : (
              <EmptyState title="No pipelines yet" action={action}>
                {empty}
              </EmptyState>
            )
          ) : (
            <>
              <DataTable
                label="Pipelines"
                rows={items}
                rowKey={({ id }) => id}
                columns={[
                  {
                    title: 'Name',
                    cell: ({ id, name: title, description }) => (
                      <>
                        <Anchor
                          component={Link}
                          to="/pipelines/$pipeline"
                          params={{ pipeline: id } as never}
                          size="sm"
                          fw={600}
                        >
                          {title}
                        </Anchor>
                        {description !== null && (
                          <Text size="xs" c="dimmed" lineClamp={1}>
                            {description}
                          </Text>
                        )}
                      </>
                    ),
                  },
                  {
                    title: 'Client / brand',
                    isSecondary: true,
                    cell: (one) => (
                      <Text size="sm">
                        {one.client} / {one.brand}
                      </Text>
                    ),
                  },
                  { title: 'Type', isSecondary: true, cell: (one) => <Text size="sm">{one.type}</Text> },
                  { title: 'State', cell: (one) => <State pipeline={one} /> },
                  { title: 'Runs', isSecondary: true, cell: (one) => <Schedule pipeline={one} /> },
                  { title: 'Last run', cell: (one) => <LastRun pipeline={one} /> },
                ]}
              />
              <Pager page={page} totalPages={totalPages} total={total} of="pipelines" />
            </>
          )
        }
      </Loaded>
    </>
  )
}

/** One that is active has no problems: it would not have been taken. */
function State({ pipeline: { is_active, problems, schedule_problem } }: { readonly pipeline: ListedPipeline }) {
  return (
    <Group gap={4}>
      <ActiveBadge isActive={is_active} />
      {problems > 0 && (
        <Badge variant="light" color="red">
          {problems === 1 ? '1 problem' : `${problems} problems`}
        </Badge>
      )}
      {schedule_problem !== undefined && (
        <Badge variant="light" color="red" title={schedule_problem}>
          makes no runs
        </Badge>
      )}
    </Group>
  )
}

function Schedule({ pipeline: { run_frequency, next_run_at } }: { readonly pipeline: ListedPipeline }) {
  return (
    <>
      <Text size="sm">{frequencyWords(run_frequency)}</Text>
      {next_run_at !== undefined && (
        <Text size="xs" c="dimmed" component="div">
          next <Moment at={next_run_at} />
        </Text>
      )}
    </>
  )
}

function LastRun({ pipeline: { name, last_run: run } }: { readonly pipeline: ListedPipeline }) {
  if (run === undefined) {
    return (
      <Text size="sm" c="dimmed">
        –
      </Text>
    )
  }
  return (
    <Group gap={6}>
      <Link to="/runs/$run" params={{ run: run.id } as never} aria-label={`Last run of ${name}: ${run.state}`}>
        <StateBadge state={run.state} />
      </Link>
      <Text size="xs" c="dimmed" span>
        <Moment at={run.ended_at ?? run.started_at ?? run.created_at} />
      </Text>
    </Group>
  )
}
