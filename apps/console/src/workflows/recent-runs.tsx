import { Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { durationText, stateLook } from '../ui/index.ts'
import styles from './recent-runs.module.css'
import type { Workflow } from './use-workflow.ts'

const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })

/** The last ten runs as squares that lead to them, the newest to the right. */
export function RecentRuns({ workflow: { name, recent_runs: runs } }: { readonly workflow: Workflow }) {
  if (runs.length === 0) {
    return (
      <Text size="sm" c="dimmed" style={{ whiteSpace: 'nowrap' }}>
        none yet
      </Text>
    )
  }
  return (
    <div className={styles.runs}>
      {runs.map(({ id, state, logical_date, duration_seconds }) => {
        const { label, color, icon: Icon } = stateLook(state)
        const took = duration_seconds === undefined ? '' : `, ${durationText(duration_seconds * 1000)}`
        const said = `${label}, ${time.format(new Date(logical_date))}${took}`
        return (
          <Link
            key={id}
            to="/runs/$run"
            params={{ run: id }}
            className={styles.run}
            style={{ background: `var(--mantine-color-${color}-9)` }}
            title={said}
            aria-label={`Run ${id} of ${name}: ${said}`}
          >
            <Icon size={12} aria-hidden />
          </Link>
        )
      })}
    </div>
  )
}
