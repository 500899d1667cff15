import type { LogEntry, Progress, RunEvent, RunState, TaskFailure, TaskRunState } from '@millrace/workflow'

/** What a view has to know of a node; the node of a manifest will do. */
export interface ShownNode {
  readonly id: string
  readonly kind: 'task' | 'spacer'
  readonly upstreams: readonly string[]
  readonly group: string | null
}

/** A node of a run, or an item of a mapped one, as it stands. */
export interface ShownTask {
  state: TaskRunState
  attempt: number
  /** Of the first attempt; milliseconds since 1970. */
  startedAt: number | null
  /** Of the attempt that runs, or was the last. */
  attemptStartedAt: number | null
  endedAt: number | null
  reason: string | null
  failure: TaskFailure | null
  nextAt: number | null
  progress: Progress | null
  lastLog: string | null
}

export interface ShownNodeRun extends ShownTask {
  readonly node: ShownNode
  /** Of a mapped node, by index. */
  readonly items: Map<number, ShownTask>
  readonly counts: Map<TaskRunState, number>
}

/** A run that a task of this one has started. */
export interface ShownChild {
  readonly workflow: string
  state: RunState
  readonly startedAt: number
  endedAt: number | null
}

/** What is known of a run from its events so far. */
export interface RunModel {
  state: RunState
  startedAt: number | null
  endedAt: number | null
  /** In the order of the graph. */
  readonly nodes: ReadonlyMap<string, ShownNodeRun>
  readonly children: Map<string, ShownChild>
  /** Takes an event in. What it is about, unless that is a run or a child's task. */
  apply(event: RunEvent): { readonly run: ShownNodeRun; readonly task: ShownTask } | null
}

const over: ReadonlySet<string> = new Set(['success', 'failed', 'skipped', 'upstream_failed', 'cancelled'])

export function isOver({ state }: { readonly state: RunState | TaskRunState }): boolean {
  return over.has(state)
}

/** The first run that events speak of is the one that is shown. */
export function createRunModel(nodes: readonly ShownNode[]): RunModel {
  let runId: string | undefined
  const runs = new Map<string, ShownNodeRun>(
    nodes.map((node) => [node.id, { ...newTask(), node, items: new Map(), counts: new Map() }]),
  )
  const model: RunModel = {
    ...{ state: 'queued', startedAt: null, endedAt: null },
    nodes: runs,
    children: new Map(),
    apply(event) {
      runId ??= event.runId
      if (event.kind === 'run') {
        if (event.runId === runId) {
          model.state = event.state
          model.startedAt ??= event.at.getTime()
          if (isOver(event)) model.endedAt = event.at.getTime()
        } else noteChild(model.children, event)
        return null
      }
      const run = runs.get(event.node)
      if (event.runId !== runId || run === undefined) return null
      const task = event.mapIndex === null ? run : itemOf(run, event.mapIndex)
      if (event.kind === 'task') enter(run, task, event)
      else if (event.kind === 'progress') task.progress = event.progress
      else task.lastLog = lastLine(event.entry) ?? task.lastLog
      if (task !== run && event.kind !== 'task') run.lastLog = task.lastLog ?? run.lastLog
      return { run, task }
    },
  }
  return model
}

function newTask(): ShownTask {
  return {
    ...{ state: 'waiting', attempt: 0, startedAt: null, attemptStartedAt: null, endedAt: null },
    ...{ reason: null, failure: null, nextAt: null, progress: null, lastLog: null },
  }
}

function itemOf(run: ShownNodeRun, index: number): ShownTask {
  const known = run.items.get(index)
  if (known !== undefined) return known
  const item = newTask()
  run.items.set(index, item)
  run.counts.set('waiting', (run.counts.get('waiting') ?? 0) + 1)
  return item
}

function enter(run: ShownNodeRun, task: ShownTask, event: Extract<RunEvent, { kind: 'task' }>): void {
  const at = event.at.getTime()
  if (task !== run) {
    run.counts.set(task.state, (run.counts.get(task.state) ?? 0) - 1)
    run.counts.set(event.state, (run.counts.get(event.state) ?? 0) + 1)
  }
  if (event.state === 'waiting') {
    // It is done anew, and its items are others.
    task.startedAt = null
    if (task === run) {
      run.items.clear()
      run.counts.clear()
    }
  }
  if (event.state === 'running') {
    task.attemptStartedAt = at
    task.progress = null
  }
  if (event.state === 'running' || event.state === 'expanded') task.startedAt ??= at
  task.state = event.state
  task.attempt = event.attempt
  task.reason = event.reason ?? null
  task.failure = event.failure ?? null
  task.nextAt = event.nextAt?.getTime() ?? null
  task.endedAt = isOver(task) ? at : null
}

function noteChild(children: Map<string, ShownChild>, event: Extract<RunEvent, { kind: 'run' }>): void {
  const at = event.at.getTime()
  const child = children.get(event.runId) ?? { ...event, startedAt: at, endedAt: null }
  child.state = event.state
  child.endedAt = isOver(event) ? at : null
  children.set(event.runId, child)
}

function lastLine({ text, level }: LogEntry): string | null {
  if (level === 'debug') return null
  return text.trim().split('\n').at(-1) ?? null
}
