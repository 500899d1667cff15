import type { WorkflowManifest } from '../../manifest.ts'

export interface AirflowPool {
  readonly slots: number
  readonly description: string
  readonly include_deferred: boolean
}

/**
 * What `airflow pools import` takes: the pools that the workflows use, beside those that were known. Slots are as given,
 * else as they were, else one task at a time.
 */
export function airflowPools(
  manifests: readonly WorkflowManifest[],
  slots: Readonly<Record<string, number>>,
  known: Readonly<Record<string, AirflowPool>>,
): Readonly<Record<string, AirflowPool>> {
  const needed = new Map<string, number>()
  for (const { options } of manifests.flatMap(({ nodes }) => nodes)) {
    if (options.pool !== null) needed.set(options.pool, Math.max(needed.get(options.pool) ?? 1, options.poolSlots))
  }
  const pools: Record<string, AirflowPool> = { ...known }
  for (const [name, least] of needed) {
    const before = known[name]
    const { description = '', include_deferred = false } = before ?? {}
    pools[name] = { slots: slots[name] ?? before?.slots ?? least, description, include_deferred }
  }
  return Object.fromEntries(Object.entries(pools).sort(([a], [b]) => (a < b ? -1 : 1)))
}
