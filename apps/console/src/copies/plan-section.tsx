import { Button, Group, Loader, Text } from '@mantine/core'
import { durationText, Failure } from '../ui/index.ts'
import styles from './copies.module.css'
import { PlanView } from './plan-view.tsx'
import { Section } from './section.tsx'
import type { usePlan } from './use-plan.ts'

interface PlanSectionProps {
  readonly planning: ReturnType<typeof usePlan>
  /** What is needed before it can be planned. */
  readonly missing: string | undefined
}

export function PlanSection({ planning, missing }: PlanSectionProps) {
  const { plan, error, isPlanning, isStale, isStopped, stop, again } = planning
  return (
    <Section title="5. Plan" about="Both databases are asked; nothing is written.">
      <Group justify="space-between" mih={28} role="status">
        {isPlanning ? (
          <Group gap="xs">
            <Loader size="xs" aria-hidden />
            <Text size="sm">Planning: both databases are asked…</Text>
          </Group>
        ) : (
          <Text size="sm" c={missing === undefined ? 'dimmed' : 'inherit'}>
            {missing ??
              (isStopped
                ? 'Planning was stopped. It begins again when something changes.'
                : plan === undefined
                  ? ''
                  : `Planned in ${durationText(plan.duration_ms)}.`)}
          </Text>
        )}
        {isPlanning ? (
          <Button size="compact-sm" variant="default" onClick={stop}>
            Stop planning
          </Button>
        ) : (
          missing === undefined && (
            <Button size="compact-sm" variant="default" onClick={again}>
              Plan again
            </Button>
          )
        )}
      </Group>
      {error !== null && !isPlanning && <Failure title="There is no plan" error={error} onRetry={again} />}
      {plan !== undefined && error === null && missing === undefined && (
        <div className={isStale ? styles.stale : undefined} aria-busy={isPlanning}>
          {isStale && (
            <Text size="sm" mb="xs">
              This is the plan of what was chosen before.
            </Text>
          )}
          <PlanView plan={plan} />
        </div>
      )}
    </Section>
  )
}
