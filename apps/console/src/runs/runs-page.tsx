import { Anchor, Button, Checkbox, Code, Group, Text } from '@mantine/core'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import type { Schema } from '../api/index.ts'
import { type Column, DataTable, Duration, EmptyState, Loaded, Moment, Page, StateBadge } from '../ui/index.ts'
import { BulkBar } from './bulk-bar.tsx'
import { DateTime } from './date-time.tsx'
import { Reason } from './reason.tsx'
import { RunsFilter } from './runs-filter.tsx'
import type { RunsSearch } from './search.ts'
import { useRuns } from './use-runs.ts'

type Run = Schema<'Run'>

/** Runs of all workflows that the person sees, the newest first. */
export function RunsPage() {
  const search = useSearch({ from: '/shell/runs' })
  const navigate = useNavigate()
  const [chosen, setChosen] = useState<ReadonlyMap<string, Run>>(new Map())
  const [isAt, setAt] = useState(false)
  const { runs, newer, isManyNewer, showNewer, perPage } = useRuns(search, isAt || chosen.size > 0)
  const go = (next: RunsSearch) => {
    setChosen(new Map())
    void navigate({ to: '/runs', search: next })
  }
  const toggle = (run: Run) =>
    setChosen((before) => {
      const next = new Map(before)
      if (!next.delete(run.id)) next.set(run.id, run)
      return next
    })
  const { before: _before, ...filter } = search
  const isFiltered = Object.values(filter).some((value) => value !== undefined)
  return (
    <Page title="Runs">
      <RunsFilter search={search} onChange={go} />
      <Loaded query={runs} lines={10}>
        {({ items, total }) =>
          items.length === 0 ? (
            isFiltered || search.before !== undefined ? (
              <EmptyState
                title="No runs match"
                action={
                  <Button variant="default" onClick={() => go({})}>
                    Show all runs
                  </Button>
                }
              />
            ) : (
              <EmptyState
                title="No runs yet"
                action={
                  <Button component={Link} {...({ to: '/workflows' } as object)}>
                    Go to the workflows
                  </Button>
                }
              >
                Deploy a workflow by <Code>millrace deploy</Code>, then trigger it or wait for its schedule.
              </EmptyState>
            )
          ) : (
            // biome-ignore lint/a11y/noStaticElementInteractions: only notes that the person is at the list
            <div
              onMouseEnter={() => setAt(true)}
              onMouseLeave={() => setAt(false)}
              onFocus={() => setAt(true)}
              onBlur={(event) => setAt(event.currentTarget.contains(event.relatedTarget))}
            >
              {newer > 0 && (
                <Group justify="center" mb="xs">
                  <Button size="compact-sm" variant="light" onClick={showNewer}>
                    Show {isManyNewer ? `${newer} or more` : newer} newer {newer === 1 ? 'run' : 'runs'}
                  </Button>
                </Group>
              )}
              {chosen.size > 0 && <BulkBar runs={asTheyAre(chosen, items)} onDone={() => setChosen(new Map())} />}
              <DataTable label="Runs" rows={items} rowKey={({ id }) => id} columns={columnsOf(chosen, toggle)} />
              <Group justify="space-between" mt="sm">
                <Text size="sm" c="dimmed" className="numeric">
                  {total.toLocaleString()} {search.before === undefined ? 'runs' : 'runs older than the page before'}
                </Text>
                <Group gap="xs">
                  {search.before !== undefined && (
                    <Button size="xs" variant="default" onClick={() => go(filter)}>
                      Newest
                    </Button>
                  )}
                  <Button
                    size="xs"
                    variant="default"
                    disabled={items.length < perPage}
                    onClick={() => go({ ...filter, before: Number(items.at(-1)?.id) })}
                  >
                    Older
                  </Button>
                </Group>
              </Group>
            </div>
          )
        }
      </Loaded>
    </Page>
  )
}

/** What can be done with runs follows from what they are now; those that are not listed any more are as they were chosen. */
function asTheyAre(chosen: ReadonlyMap<string, Run>, shown: readonly Run[]): readonly Run[] {
  return [...chosen.values()].map((run) => shown.find(({ id }) => id === run.id) ?? run)
}

/** Those that Millrace numbers itself are long; the page of the run has all of it. */
function VersionText({ version }: { readonly version: string }) {
  return (
    <Text component="div" size="sm" truncate maw={96} title={version}>
      {version}
    </Text>
  )
}

function columnsOf(chosen: ReadonlyMap<string, Run>, toggle: (run: Run) => void): readonly Column<Run>[] {
  return [
    {
      title: ' ',
      cell: (run) => (
        <Checkbox
          size="xs"
          aria-label={`Choose run ${run.id}`}
          checked={chosen.has(run.id)}
          onChange={() => toggle(run)}
        />
      ),
    },
    {
      title: 'Run',
      cell: ({ id }) => (
        <Anchor
          component={Link}
          size="sm"
          className="numeric"
          {...({ to: '/runs/$run', params: { run: id } } as object)}
        >
          {id}
        </Anchor>
      ),
    },
    {
      title: 'Workflow',
      cell: ({ workflow }) => (
        <Anchor
          component={Link}
          size="sm"
          // Usual names stay in one line; only what is longer than that is cut in two.
          style={{ display: 'inline-block', minWidth: `min(${workflow.length}ch, 20ch)`, overflowWrap: 'anywhere' }}
          {...({ to: '/workflows/$workflow', params: { workflow } } as object)}
        >
          {workflow}
        </Anchor>
      ),
    },
    { title: 'State', cell: ({ state }) => <StateBadge state={state} /> },
    {
      title: 'Why',
      isSecondary: true,
      cell: ({ reason, failed_tasks }) =>
        reason === undefined && failed_tasks > 0 ? (
          <Text span size="sm">
            {failed_tasks} {failed_tasks === 1 ? 'task' : 'tasks'} failed
          </Text>
        ) : (
          <Reason text={reason} />
        ),
    },
    { title: 'For', isSecondary: true, cell: ({ logical_date }) => <DateTime at={logical_date} /> },
    { title: 'Trigger', isSecondary: true, cell: ({ trigger }) => trigger },
    { title: 'Version', isSecondary: true, cell: ({ version }) => <VersionText version={version} /> },
    { title: 'Made', isSecondary: true, cell: ({ created_at }) => <Moment at={created_at} /> },
    {
      title: 'Duration',
      align: 'right',
      isSecondary: true,
      cell: ({ started_at, ended_at }) => <Duration from={started_at} to={ended_at} />,
    },
  ]
}
