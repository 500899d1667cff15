import { Alert, Badge, Code, Stack, Text, Title } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { apiQuery, type Schema } from '../api/index.ts'
import { CodeText } from '../ui/code/index.ts'
import { cronWords } from '../ui/cron-words.ts'
import { DataTable, durationText, EmptyState, Loaded, Moment } from '../ui/index.ts'
import { type FireTime, fireTimes } from './fire-times.ts'
import { useWorkflow } from './use-workflow.ts'

const shownTicks = 10

const catchupWords: Readonly<Record<Schema<'Schedule'>['catchup']['policy'], string>> = {
  none: 'Ticks that were missed, because the platform was down or the workflow paused, get no run.',
  latest: 'Of ticks that were missed, the latest gets a run.',
  all: 'Every tick that was missed gets a run',
}

/** When a workflow runs by itself: in words, and on the clocks of the schedule and of the person. */
export function WorkflowSchedulePage() {
  const { workflow } = useWorkflow()
  const schedules = useQuery(
    apiQuery('/api/schedules', { params: { query: { workflow: workflow.name, ticks: shownTicks } } }),
  )
  return (
    <Loaded query={schedules}>
      {([schedule]) =>
        schedule === undefined ? (
          <EmptyState title="No schedule">
            <Stack gap="xs" ta="left">
              <Text size="sm" ta="center">
                This version runs when somebody or something triggers it. A schedule is part of the workflow:
              </Text>
              <CodeText
                label="A workflow with a schedule"
                text={`new Workflow({\n  …\n  schedule: '0 6 * * *',\n  timezone: 'Europe/Berlin',\n})`}
              />
            </Stack>
          </EmptyState>
        ) : (
          <ScheduleDetails schedule={schedule} />
        )
      }
    </Loaded>
  )
}

function ScheduleDetails({ schedule }: { readonly schedule: Schema<'Schedule'> }) {
  const { cron, timezone, catchup, start, end, paused, problem, last_tick_at, next_ticks } = schedule
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone
  const times = fireTimes(next_ticks, timezone, here, new Date())
  return (
    <Stack gap="md">
      {problem !== undefined && (
        <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title="The schedule can make no runs">
          {problem} It is tried again every minute.
        </Alert>
      )}
      <Stack gap={4}>
        <Title order={2}>{cronWords(cron)}</Title>
        <Text size="sm">
          <Code>{cron}</Code> on the clock of {timezone}
          {start !== undefined && (
            <>
              , from <Moment at={start} />
            </>
          )}
          {end !== undefined && (
            <>
              , until <Moment at={end} />
            </>
          )}
        </Text>
        <Text size="sm">
          {catchupWords[catchup.policy]}
          {catchup.policy === 'all' && `, at most ${catchup.limit} of them.`}
        </Text>
        {last_tick_at !== undefined && (
          <Text size="sm" c="dimmed" component="div">
            Last tick: <Moment at={last_tick_at} />
          </Text>
        )}
      </Stack>
      <Title order={3} size="h4">
        {paused ? 'The next fire times, if it were not paused' : 'The next fire times'}
      </Title>
      {times.length === 0 ? (
        <Text size="sm" c="dimmed">
          There are none.
        </Text>
      ) : (
        <DataTable
          label="The next fire times"
          rows={times}
          rowKey={({ at }) => at}
          columns={[
            {
              title: here === timezone ? `Here (${timezone})` : `There (${timezone})`,
              cell: ({ there }) => <span className="numeric">{there}</span>,
            },
            ...(here === timezone
              ? []
              : [
                  {
                    title: `Here (${here})`,
                    cell: ({ here: local }: { here: string }) => <span className="numeric">{local}</span>,
                  },
                ]),
            {
              title: 'From now',
              isSecondary: true,
              cell: ({ at }) => `in ${durationText(Date.parse(at) - Date.now())}`,
            },
            ...(times.some(({ change }) => change !== undefined)
              ? [
                  {
                    title: 'Clocks',
                    cell: ({ change }: FireTime) =>
                      change !== undefined && (
                        <Badge variant="light" color="yellow" tt="none">
                          clocks change before it, {change}
                        </Badge>
                      ),
                  },
                ]
              : []),
          ]}
        />
      )}
    </Stack>
  )
}
