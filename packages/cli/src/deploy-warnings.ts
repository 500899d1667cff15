import type { Client } from '@millrace/client'
import type { ManifestNode, WorkflowManifest } from '@millrace/workflow'
import { projectValues } from './project/project-values.ts'
import type { Secrets } from './secrets.ts'
import { allPages } from './server-lists.ts'

/** What would keep tasks waiting, or let them fail, although it can be deployed: pools, queues and connections that are not there. */
export async function deployWarnings(
  client: Client,
  {
    folder,
    manifests,
    secrets,
  }: { readonly folder: string; readonly manifests: readonly WorkflowManifest[]; readonly secrets: Secrets },
): Promise<readonly string[]> {
  const users = (names: (node: ManifestNode) => readonly string[]) => {
    const pairs = manifests.flatMap(({ name, nodes }) =>
      nodes
        .filter(({ kind }) => kind === 'task')
        .flatMap((node) => names(node).map((used) => ({ used, by: `${node.id} of ${name}` }))),
    )
    return Map.groupBy(pairs, ({ used }) => used)
  }
  const by = (pairs: readonly { readonly by: string }[]) =>
    `${pairs
      .slice(0, 3)
      .map((pair) => pair.by)
      .join(', ')}${pairs.length > 3 ? ` and ${pairs.length - 3} more` : ''}`

  const pools = await allPages((query) => client.page('/api/pools', { params: { query } }))
  const workers = await allPages((query) => client.page('/api/workers', { params: { query } }))
  const warnings: string[] = []
  for (const [pool, pairs] of users(({ options }) => (options.pool === null ? [] : [options.pool]))) {
    if (pools.some(({ name }) => name === pool)) continue
    warnings.push(
      `There is no pool "${pool}": ${by(pairs)} will wait until there is. Make it with: millrace pools set ${pool} SLOTS`,
    )
  }
  for (const [queue, pairs] of users(({ options }) => [options.queue])) {
    if (workers.some(({ state, queues }) => state === 'active' && queues.includes(queue))) continue
    warnings.push(
      `No worker serves the queue "${queue}": ${by(pairs)} will wait until one does. Start one with: millrace worker`,
    )
  }
  const values = projectValues(folder, secrets)
  for (const [name, pairs] of users(({ connections }) => connections)) {
    if (name.includes('{') || (await values.connection(name)) !== null) continue
    const variable = `MILLRACE_CONNECTION_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`
    warnings.push(
      `There is no connection "${name}" in the millrace.yaml of this project: ${by(pairs)} will fail unless the workers have ${variable}.`,
    )
  }
  return warnings
}
