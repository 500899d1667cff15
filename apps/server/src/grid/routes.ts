import { z } from '@hono/zod-openapi'
import type { VersionGraph } from '@millrace/engine'
import { queryInteger, withoutNulls } from '@millrace/http'
import { runStates, type TaskRunState, taskRunStates } from '@millrace/workflow'
import { isoTime, time, workflowName } from '../common-schemas.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { triggerKinds } from '../trigger-kinds.ts'
import { type GridNode, gridNodes } from './grid-nodes.ts'
import { type GridRun, readGrid } from './store.ts'

const perNode = 'One for each of `nodes`, in their order; null where the version of the run has no such node'

const gridSchema = z
  .object({
    nodes: z
      .array(
        z.object({
          id: z.string(),
          name: z.string(),
          kind: z.enum(['task', 'spacer']),
          operator: z.string().optional(),
          group: z.string().optional(),
          depth: z.int().openapi({ description: 'How many nodes come before it on the longest way.' }),
          mapped: z.boolean(),
          current: z.boolean().openapi({ description: 'Whether the newest of the versions that are shown has it.' }),
        }),
      )
      .openapi({ description: 'Of all versions that are shown, in the order of the newest.' }),
    runs: z
      .array(
        z.object({
          id: z.string(),
          version: z.string(),
          state: z.enum(runStates),
          reason: z.string().optional(),
          trigger: z.enum(triggerKinds),
          key: z.string(),
          logical_date: time,
          created_at: time,
          started_at: time.optional(),
          ended_at: time.optional(),
          states: z.array(z.enum(taskRunStates).nullable()).openapi({ description: `${perNode}.` }),
          task_runs: z
            .array(z.int().nullable())
            .openapi({ description: `Ids. ${perNode}. Of a mapped node that of the node, which has the items.` }),
          starts: z
            .array(z.int().nullable())
            .openapi({ description: `Milliseconds after \`created_at\`. ${perNode}, or it did not start.` }),
          ends: z
            .array(z.int().nullable())
            .openapi({ description: `Milliseconds after \`created_at\`. ${perNode}, or it did not end.` }),
          items: z
            .array(z.object({ node: z.int(), total: z.int(), success: z.int(), failed: z.int(), skipped: z.int() }))
            .openapi({ description: 'Of mapped nodes whose items are known; `node` is the place in `nodes`.' }),
        }),
      )
      .openapi({ description: 'The newest first.' }),
  })
  .openapi('WorkflowGrid')

export function gridRoutes(api: ServerApi, { engine, workflowAccess }: ServerContext): void {
  const { db } = engine
  api.endpoint(
    {
      method: 'get',
      path: '/api/workflows/{workflow}/grid',
      operationId: 'getWorkflowGrid',
      tag: 'workflows',
      access: 'user',
      summary: 'Runs of a workflow with the states of all of their nodes',
      description: 'The next page is asked for with `before`, the id of the last run of this one.',
      params: z.strictObject({ workflow: workflowName }),
      query: z.strictObject({
        limit: queryInteger({ minimum: 1, maximum: 100, default: 25 }),
        before: queryInteger({ minimum: 1 }),
      }),
      answers: { 200: gridSchema },
    },
    async ({ principal, params, query }) => {
      const workflow = await workflowAccess.workflow(principal, 'see', params.workflow)
      const runs = await readGrid(db, workflow.id, query)
      const shown = runs.length === 0 ? [workflow.current_version_id] : runs.map(({ version_id }) => version_id)
      const newestFirst = [...new Set(shown)].sort((a, b) => b - a)
      const graphs = await engine.graphs.getAll(db, newestFirst)
      const nodes = gridNodes(newestFirst.flatMap((id) => graphs.get(id) ?? []))
      const columns = new Map([...graphs].map(([id, graph]) => [id, columnsOf(nodes, graph)]))
      return {
        status: 200,
        body: { nodes: nodes.map(presentNode), runs: runs.map((run) => presentRun(run, nodes.length, columns)) },
      }
    },
  )
}

/** Where the nodes of a version stand in the grid, by their place in the version. */
function columnsOf(nodes: readonly GridNode[], graph: VersionGraph): readonly number[] {
  const columns: number[] = []
  for (const [column, { node }] of nodes.entries()) {
    const place = graph.placeOf.get(node.id)
    if (place !== undefined) columns[place] = column
  }
  return columns
}

function presentNode({ node, depth, isCurrent }: GridNode): z.input<typeof gridSchema>['nodes'][number] {
  const { id, name, kind, operator, group, mapOver } = node
  return withoutNulls({
    ...{ id, name, kind, operator: operator?.name ?? null, group, depth },
    ...{ mapped: mapOver !== null, current: isCurrent },
  })
}

function presentRun(
  { cells, mapped, version_id, ...run }: GridRun,
  width: number,
  columns: ReadonlyMap<number, readonly number[]>,
): z.input<typeof gridSchema>['runs'][number] {
  const columnOf = columns.get(version_id) ?? []
  const states = new Array<TaskRunState | null>(width).fill(null)
  const [taskRuns, starts, ends] = Array.from({ length: 3 }, () => new Array<number | null>(width).fill(null)) as [
    (number | null)[],
    (number | null)[],
    (number | null)[],
  ]
  for (const { place, taskRun, state, start, end } of cells) {
    const column = columnOf[place]
    if (column === undefined) continue
    states[column] = state
    taskRuns[column] = taskRun
    starts[column] = start
    ends[column] = end
  }
  return withoutNulls({
    id: `${run.id}`,
    version: run.version,
    state: run.state,
    reason: run.reason,
    trigger: run.trigger,
    key: run.key,
    logical_date: run.logical_date.toISOString(),
    created_at: run.created_at.toISOString(),
    started_at: isoTime(run.started_at),
    ended_at: isoTime(run.ended_at),
    ...{ states, task_runs: taskRuns, starts, ends },
    items: mapped.flatMap(({ place, ...counts }) => {
      const node = columnOf[place]
      return node === undefined ? [] : [{ node, ...counts }]
    }),
  })
}
