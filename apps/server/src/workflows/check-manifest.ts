import { parseSchedule } from '@millrace/core'
import { invalid } from '@millrace/http'
import type { WorkflowManifest } from '@millrace/workflow'

/**
 * What the shape of a manifest does not say: that its nodes are in a topological order, so that it has no cycle, and that
 * its schedule can be read. `millrace build` makes no others, but anybody may send one.
 *
 * @throws HttpError 422 naming the nodes.
 */
export function checkManifest(manifest: WorkflowManifest): void {
  const problems: string[] = []
  const before = new Set<string>()
  for (const { id, upstreams, mapOver } of manifest.nodes) {
    if (before.has(id)) problems.push(`there are two nodes "${id}"`)
    for (const upstream of upstreams.filter((one) => !before.has(one))) {
      problems.push(`node "${id}" comes after "${upstream}", which is not before it in the list of nodes`)
    }
    if (mapOver !== null && !upstreams.includes(mapOver)) {
      problems.push(`node "${id}" is mapped over "${mapOver}", which is not one of its upstreams`)
    }
    before.add(id)
  }
  if (manifest.schedule !== null) {
    try {
      parseSchedule(manifest.schedule)
    } catch (error) {
      problems.push((error as Error).message.replace(/\.$/, ''))
    }
  }
  if (problems.length === 0) return
  throw invalid(
    'MANIFEST_INVALID',
    `The manifest of ${manifest.name} ${manifest.version} cannot be run: ${problems.slice(0, 20).join('; ')}. Build it again.`,
  )
}
