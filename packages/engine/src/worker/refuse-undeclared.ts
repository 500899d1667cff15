import { ConfigError, closestName } from '@millrace/core'
import type { ManifestNode } from '@millrace/workflow'

/**
 * A task gets what it declares and nothing else. Asked by the worker, since the process of a task runs the code of others,
 * and by the engine, since a worker may be one of others.
 *
 * @throws ConfigError `CONNECTION_NOT_DECLARED`, `SECRET_NOT_DECLARED`
 */
export function refuseUndeclared(kind: 'connection' | 'secret', name: string, node: ManifestNode): void {
  const declared = node[`${kind}s`]
  // A name with a template is filled in where the task runs.
  if (declared.includes(name) || declared.some((entry) => entry.includes('{{') || entry.includes('{%'))) return
  const nearest = closestName(name, declared)
  throw new ConfigError(kind === 'connection' ? 'CONNECTION_NOT_DECLARED' : 'SECRET_NOT_DECLARED', {
    message: `Task "${node.id}" asks for ${kind} "${name}", which it does not declare.${nearest ? ` Did you mean "${nearest}"?` : ` Name it in the ${kind}s of its class.`}`,
    details: { node: node.id, [kind]: name, declared: [...declared] },
  })
}
