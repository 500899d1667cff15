import { ApiError, type Client } from '@millrace/client'
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
    project,
    secrets,
  }: {
    readonly folder: string
    readonly manifests: readonly WorkflowManifest[]
    /** Id of the one that they are deployed to. */
    readonly project: string | null
    readonly secrets: Secrets
  },
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
  const workers = await ifPermitted(allPages((query) => client.page('/api/workers', { params: { query } })))
  const warnings: string[] = []
  for (const [pool, pairs] of users(({ options }) => (options.pool === null ? [] : [options.pool]))) {
    if (pools.some(({ name }) => name === pool)) continue
    warnings.push(
      `There is no pool "${pool}": ${by(pairs)} will wait until there is. Make it with: millrace pools set ${pool} SLOTS`,
    )
  }
  for (const [queue, pairs] of users(({ options }) => [options.queue])) {
    if (workers === null || workers.some(({ state, queues }) => state === 'active' && queues.includes(queue))) continue
    warnings.push(
      `No worker serves the queue "${queue}": ${by(pairs)} will wait until one does. Start one with: millrace worker`,
    )
  }
  const values = projectValues(folder, secrets)
  const saved = await savedConnections(client, project)
  for (const [name, pairs] of users(({ connections }) => connections)) {
    if (name.includes('{') || saved.includes(name) || (await values.connection(name)) !== null) continue
    const variable = `MILLRACE_CONNECTION_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`
    warnings.push(
      `There is no connection "${name}" on the server or in the millrace.yaml of this folder: ${by(pairs)} will fail unless the workers have ${variable}. Save it with: millrace connections set ${name}`,
    )
  }
  return warnings
}

/** Names that tasks of the project may use, as far as the caller may know of them. */
async function savedConnections(client: Client, project: string | null): Promise<readonly string[]> {
  const found =
    project === null
      ? await ifPermitted(allPages((query) => client.page('/api/connections', { params: { query } })))
      : await allPages((query) =>
          client.page('/api/projects/{id}/usable-connections', { params: { path: { id: project }, query } }),
        )
  return (found ?? []).map(({ name }) => name)
}

/** What administrators may see only is null for others. */
async function ifPermitted<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return null
    throw error
  }
}
