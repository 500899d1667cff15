import type { Json, TaskContext } from '@millrace/workflow'

export interface Wanted {
  readonly args: Json
  /** Ids of nodes before this one. */
  readonly outputs: readonly string[]
  readonly connections: readonly string[]
  readonly secrets: readonly string[]
}

/** What the code gets as `context`, under names as Python writes them. */
export async function contextJson(context: TaskContext, wanted: Wanted): Promise<Record<string, unknown>> {
  const { run, task, params, item, state, variables, scratch } = context
  const named = async <T>(names: readonly string[], get: (name: string) => Promise<T>) =>
    Object.fromEntries(await Promise.all(names.map(async (name) => [name, await get(name)] as const)))
  return {
    args: wanted.args,
    params,
    variables,
    item: item ?? null,
    state: state ?? null,
    run: {
      id: run.id,
      workflow: run.workflow,
      version: run.version,
      trigger: run.trigger,
      logical_date: run.logicalDate.toISOString(),
      data_interval_start: run.dataInterval.start?.toISOString() ?? null,
      data_interval_end: run.dataInterval.end.toISOString(),
      timezone: run.timezone,
    },
    task: { id: task.id, map_index: task.mapIndex, attempt: task.attempt },
    outputs: await named(wanted.outputs, (name) => context.output(name)),
    connections: await named(wanted.connections, (name) => context.connections.get(name)),
    secrets: await named(wanted.secrets, (name) => context.secrets.get(name)),
    scratch,
  }
}
