import { Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Schema } from '../../api/index.ts'
import { stateLook } from '../../ui/index.ts'
import styles from './section.module.css'

const dayMs = 86_400_000

/** How much of everything, each number a way to what it counts. */
export function Counts({ counts }: { readonly counts: Schema<'Overview'>['counts'] }) {
  // To the hour, so that it is the same address for a while.
  const from = new Date(Math.floor((Date.now() - dayMs) / 3_600_000) * 3_600_000).toISOString()
  const all = [
    { state: 'running', label: 'running', count: counts.running, search: { state: ['running'] } },
    { state: 'queued', label: 'queued', count: counts.queued, search: { state: ['queued'] } },
    { state: 'failed', label: 'failed in 24 h', count: counts.failed_24h, search: { state: ['failed'], from } },
    { state: 'success', label: 'succeeded in 24 h', count: counts.succeeded_24h, search: { state: ['success'], from } },
  ] as const
  return (
    <nav aria-label="Runs by state" className={styles.counts}>
      {all.map(({ state, label, count, search }) => {
        const { icon: Icon, color } = stateLook(state)
        const isNothing = count === 0
        return (
          <Link key={state} className={styles.count} to="/runs" search={search as never}>
            <Text
              span
              c={isNothing ? 'dimmed' : `var(--mantine-color-${color}-text)`}
              className={`${styles.number} numeric`}
            >
              {count.toLocaleString()}
            </Text>
            <Text span size="sm" c="dimmed" className={styles.label ?? ''}>
              <Icon size={14} aria-hidden /> {label}
            </Text>
          </Link>
        )
      })}
    </nav>
  )
}
