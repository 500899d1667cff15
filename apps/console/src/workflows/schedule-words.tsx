import { Text } from '@mantine/core'
import { cronWords } from '../ui/cron-words.ts'
import { Moment } from '../ui/index.ts'
import type { Workflow } from './use-workflow.ts'

/** When a workflow runs by itself, and when next. */
export function ScheduleWords({ workflow }: { readonly workflow: Workflow }) {
  const { schedule, next_tick_at, paused, schedule_problem } = workflow
  if (schedule === undefined) {
    return (
      <Text span size="sm" c="dimmed">
        no schedule
      </Text>
    )
  }
  return (
    <div>
      <Text size="sm" title={`${schedule.cron} ${schedule.timezone}`}>
        {cronWords(schedule.cron)} <ZoneName zone={schedule.timezone} />
      </Text>
      <Text size="xs" c="dimmed" component="div">
        {schedule_problem !== undefined ? (
          <>makes no runs: {schedule_problem}</>
        ) : paused ? (
          'paused'
        ) : next_tick_at === undefined ? (
          'no further tick'
        ) : (
          <>
            next <Moment at={next_tick_at} />
          </>
        )}
      </Text>
    </div>
  )
}

/** Only where it is not the zone of the browser. */
function ZoneName({ zone }: { readonly zone: string }) {
  if (zone === Intl.DateTimeFormat().resolvedOptions().timeZone) return null
  return (
    <Text span size="xs" c="dimmed">
      {zone}
    </Text>
  )
}
