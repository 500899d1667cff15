import type { components, RunEvent as ServerEvent } from '@millrace/client'
import type { RunEvent, RunState, TaskRunState } from '@millrace/workflow'

type RunGraph = components['schemas']['RunGraph']

interface Of {
  readonly runId: string
  readonly workflow: string
}

/** An event of the server as one of a run in this process, for the views of runs; null when it shows nothing. */
export function shownEvent(event: ServerEvent, { runId, workflow }: Of): RunEvent | null {
  const at = new Date(event.at)
  const { kind, node, data } = event
  if (node === undefined) {
    const state = runStateOf(kind, data)
    return state === null ? null : { kind: 'run', runId, workflow, at, state }
  }
  const state = taskStateOf(kind, data)
  if (state === null) return null
  const attempt = typeof data.attempt === 'number' ? data.attempt : 0
  const isAgain = kind === 'task.retry' || kind === 'task.deferred'
  return {
    ...{ kind: 'task', runId, at, node, mapIndex: event.map_index ?? null, state, attempt },
    ...(typeof data.reason === 'string' ? { reason: data.reason } : {}),
    ...(isAgain && typeof data.seconds === 'number' ? { nextAt: new Date(at.getTime() + data.seconds * 1000) } : {}),
  }
}

function runStateOf(kind: string, data: ServerEvent['data']): RunState | null {
  switch (kind) {
    case 'run.created':
    case 'run.reopened':
      return 'queued'
    case 'run.started':
      return 'running'
    case 'run.ended':
      return data.state as RunState
    default:
      return null
  }
}

function taskStateOf(kind: string, data: ServerEvent['data']): TaskRunState | null {
  switch (kind) {
    case 'task.cleared':
      return 'waiting'
    case 'task.ready':
    case 'task.retry':
    case 'task.deferred':
    case 'task.lost':
      return 'ready'
    case 'task.started':
      return 'running'
    case 'task.expanded':
      return 'expanded'
    case 'task.ended':
    case 'task.marked':
      return data.state as TaskRunState
    default:
      return null
  }
}

/** What a view has to know of the graph, from that of the server. */
export function shownGraph({ nodes, edges, groups }: RunGraph) {
  const upstreams = Map.groupBy(edges, ({ to }) => to)
  return {
    nodes: nodes.map(({ id, kind, group }) => ({
      ...{ id, kind, group: group ?? null },
      upstreams: (upstreams.get(id) ?? []).map(({ from }) => from),
    })),
    groups: groups.map(({ id, title, parent }) => ({ id, title: title ?? null, parent: parent ?? null })),
  }
}
