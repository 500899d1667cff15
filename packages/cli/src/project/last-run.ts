import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Json, TaskRunState, WorkflowRunResult } from '@millrace/workflow'

/** What is kept of the last local run of a workflow, so that parts of it can be run again. */
export interface LastRun {
  readonly format: 1
  /** ISO 8601. */
  readonly logicalDate: string
  readonly params: Readonly<Record<string, Json>>
  readonly tasks: Readonly<Record<string, { readonly state: TaskRunState; readonly output?: Json }>>
}

/** Null when there is none that can be read. */
export async function readLastRun(home: string, workflow: string): Promise<LastRun | null> {
  try {
    const kept: LastRun = JSON.parse(await readFile(pathOf(home, workflow), 'utf8'))
    return kept.format === 1 ? kept : null
  } catch {
    return null
  }
}

/** Of a part that was run again, the rest stays as it was. */
export async function keepLastRun(
  home: string,
  workflow: string,
  { tasks, params }: WorkflowRunResult,
  { logicalDate, before }: { readonly logicalDate: Date; readonly before: LastRun | null },
): Promise<void> {
  const own = tasks
    .filter(({ mapIndex }) => mapIndex === null)
    .map(({ id, state, output }) => [id, state === 'success' ? { state, output } : { state }] as const)
  const kept: LastRun = {
    format: 1,
    logicalDate: logicalDate.toISOString(),
    params,
    tasks: { ...before?.tasks, ...Object.fromEntries(own) },
  }
  const path = pathOf(home, workflow)
  await mkdir(join(path, '..'), { recursive: true })
  // Outputs may hold what is not for others to read.
  await writeFile(`${path}.${process.pid}.tmp`, JSON.stringify(kept), { mode: 0o600 })
  await rename(`${path}.${process.pid}.tmp`, path)
}

function pathOf(home: string, workflow: string): string {
  return join(home, 'local-runs', `${workflow}.json`)
}
