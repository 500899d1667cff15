import type { LiveHint } from '@millrace/client'

/** Readings of lists that any run may stand in. */
const ofRuns = [
  '/api/runs',
  '/api/overview',
  '/api/workflows',
  '/api/workflows/{workflow}/grid',
  '/api/backfills',
  '/api/queues',
  '/api/pipelines',
  '/api/pipelines/{id}/datasets',
  '/api/projects/{id}/copies',
  '/api/projects/{id}/copies/{name}',
]
const ofWorkflow = ['/api/workflows/{workflow}', '/api/workflows/{workflow}/grid']

/** Whether what a hint tells of may stand in the answer of a reading, by its key: the path, then what is asked there. */
export function concerns(hint: LiveHint, [path, init]: readonly unknown[]): boolean {
  if (typeof path !== 'string') return false
  const at = (init as { params?: { path?: Record<string, unknown> } } | null)?.params?.path ?? {}
  switch (hint.kind) {
    // Something may have been missed before the connection stood.
    case 'ready':
      return ofRuns.includes(path) || path.startsWith('/api/runs/{run}') || path.startsWith('/api/task-runs/')
    case 'run':
      return (path.startsWith('/api/runs/{run}') && `${at.run}` === hint.id) || path.startsWith('/api/task-runs/')
    case 'runs':
      return (
        ofRuns.includes(path) ||
        (ofWorkflow.includes(path) && hint.changes.some(({ workflow }) => workflow === at.workflow))
      )
    case 'log':
      return false
  }
}
