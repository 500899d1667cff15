import { ConfigError } from '@millrace/core'
import type { ManifestNode, WorkflowManifest } from '../../manifest.ts'
import { versionedName } from '../../workflow-names.ts'
import { largestInputBytes } from './python-runtime.ts'

const idFormat = /^[A-Za-z0-9_.-]+$/
const groupFormat = /^[A-Za-z0-9_-]+$/
const longestId = 250
const longestGroupId = 200
const longestTag = 100

/** Operators that ask the engine for runs of other workflows. */
const runsOfMillrace = new Set(['link', 'workflow_sensor'])

/** All that Airflow would refuse, or would run wrongly without a word. */
export function airflowProblems(manifest: WorkflowManifest): readonly ConfigError[] {
  const { name, nodes, groups, schedule, tags } = manifest
  const problem = (code: string, message: string, details: Readonly<Record<string, unknown>>) =>
    new ConfigError(code, { message, details: { workflow: name, ...details } })
  const found: ConfigError[] = []
  const dagId = versionedName(manifest)
  if (!idFormat.test(dagId) || dagId.length > longestId) {
    const message = `"${dagId}" cannot be the id of a DAG. Use letters, digits, "_", "." and "-" only, and at most ${longestId} characters with the version.`
    found.push(problem('AIRFLOW_DAG_ID_INVALID', message, { id: dagId }))
  }
  const groupIds = new Set(groups.map(({ id }) => id))
  for (const node of nodes) {
    const { id, operator } = node
    if (operator !== null && runsOfMillrace.has(operator.name)) {
      const message = `"${id}" of workflow "${name}" looks at runs of other workflows, which Airflow does not know by their names here. Leave it out, and let Airflow's own sensors and triggers connect the two DAGs.`
      found.push(problem('AIRFLOW_OPERATOR_UNKNOWN', message, { node: id, operator: operator.name }))
    }
    if (!idFormat.test(id) || id.length > longestId) {
      const message = `"${id}" of workflow "${name}" cannot be the id of an Airflow task. Use letters, digits, "_", "." and "-" only, and at most ${longestId} characters with its groups.`
      found.push(problem('AIRFLOW_TASK_ID_INVALID', message, { node: id }))
    }
    const bytes = Buffer.byteLength(JSON.stringify([manifest.params, node]))
    if (bytes > largestInputBytes) {
      const message = `"${id}" of workflow "${name}" takes ${bytes.toLocaleString('en')} bytes with its configuration, and at most ${largestInputBytes.toLocaleString('en')} can be handed to a task. Put what is large into a file of the package.`
      found.push(problem('AIRFLOW_NODE_TOO_LARGE', message, { node: id, bytes }))
    }
    if (groupIds.has(id)) {
      const message = `"${id}" of workflow "${name}" is a task and a group, which Airflow cannot tell apart. Rename one of them.`
      found.push(problem('AIRFLOW_ID_TAKEN', message, { node: id }))
    }
  }
  for (const { id, parent } of groups) {
    if (!groupFormat.test(groupLabel({ id, parent })) || id.length > longestGroupId) {
      const message = `"${id}" of workflow "${name}" cannot be the id of an Airflow group. Use letters, digits, "_" and "-" only, and at most ${longestGroupId} characters with the groups around it.`
      found.push(problem('AIRFLOW_GROUP_ID_INVALID', message, { group: id }))
    }
  }
  for (const tag of tags.filter((text) => text.length > longestTag)) {
    const message = `The tag "${tag}" of workflow "${name}" has ${tag.length} characters; Airflow takes ${longestTag}. Shorten it.`
    found.push(problem('AIRFLOW_TAG_TOO_LONG', message, { tag }))
  }
  if (schedule?.catchup.policy === 'all' && schedule.start === null) {
    const message = `Workflow "${name}" catches up on all missed runs, and Airflow needs to know since when. Give the workflow a \`start\`.`
    found.push(problem('AIRFLOW_CATCHUP_WITHOUT_START', message, {}))
  }
  return found
}

/** What this workflow means and Airflow has no words for. */
export function airflowNotes(manifest: WorkflowManifest): readonly string[] {
  const { name, schedule, nodes } = manifest
  const notes: string[] = []
  const where = (has: (node: ManifestNode) => boolean, text: string) => {
    const ids = nodes.filter((node) => node.kind === 'task' && has(node)).map(({ id }) => id)
    if (ids.length > 0) notes.push(`${name}: ${text} (${ids.join(', ')}).`)
  }
  if (schedule !== null && schedule.catchup.policy === 'all') {
    notes.push(
      `${name}: Airflow catches up on all runs since the start, however many; catchup.limit (${schedule.catchup.limit}) is not kept.`,
    )
  }
  where(({ options }) => options.timeouts.scheduleToStartSeconds !== null, 'Airflow has no scheduleToStartSeconds')
  where(
    (node) => node.options.timeouts.scheduleToCloseSeconds !== null && !mayWait(node),
    'Airflow has no scheduleToCloseSeconds',
  )
  where(({ options }) => options.concurrencyKey !== null, 'Airflow has no concurrencyKey; use a pool')
  where(({ options }) => options.resources.memoryMb !== null, 'Airflow sets no memory limit for a command')
  return notes
}

/** Operators that wait for something outside; they give their worker back meanwhile. */
export function mayWait({ operator }: ManifestNode): boolean {
  return operator?.name.endsWith('_sensor') === true
}

/** A group's id within the group around it. */
export function groupLabel({ id, parent }: { readonly id: string; readonly parent: string | null }): string {
  return parent === null ? id : id.slice(parent.length + 1)
}
