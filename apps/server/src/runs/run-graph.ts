import type { z } from '@hono/zod-openapi'
import type { VersionGraph } from '@millrace/engine'
import { withoutNulls } from '@millrace/http'
import { isoTime } from '../common-schemas.ts'
import type { runGraphSchema } from './schemas.ts'
import type { NodeStateRow } from './store.ts'

/** The graph of a run's version, with how far each node is. */
export function presentGraph(graph: VersionGraph, rows: readonly NodeStateRow[]): z.input<typeof runGraphSchema> {
  const byPlace = new Map(rows.map((row) => [row.node_index, row]))
  return {
    nodes: graph.nodes.map(({ id, kind, name, group }, place) => {
      const row = byPlace.get(place)
      return withoutNulls({
        id,
        kind,
        name,
        group,
        task_run: row?.id ?? null,
        state: row?.state ?? null,
        items: row === undefined || row.items === null ? null : itemCounts(row, row.items),
        started_at: isoTime(row?.started_at ?? null),
        ended_at: isoTime(row?.ended_at ?? null),
      })
    }),
    edges: graph.nodes.flatMap(({ id, upstreams }) => upstreams.map((from) => ({ from, to: id }))),
    groups: graph.manifest.groups.map((group) => withoutNulls(group)),
  }
}

function itemCounts({ up_success, up_failed, up_skipped }: NodeStateRow, total: number) {
  return { total, success: up_success, failed: up_failed, skipped: up_skipped }
}
