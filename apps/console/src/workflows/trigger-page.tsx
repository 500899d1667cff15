import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { apiQuery } from '../api/index.ts'
import { EmptyState, Loaded, RoutePending } from '../ui/index.ts'
import { TriggerForm } from './trigger-form.tsx'
import { useManifest } from './use-manifest.ts'
import { useWorkflow } from './use-workflow.ts'

/** Starts a run; with the params of another run, when the address names one. */
export function TriggerPage() {
  const { workflow, mayWrite, isAccessKnown } = useWorkflow()
  const { version = workflow.version, run } = useSearch({ from: '/shell/workflows/$workflow/trigger' })
  const manifest = useManifest(workflow.name, version)
  const like = useQuery({
    ...apiQuery('/api/runs/{run}', { params: { path: { run: run ?? '' } } }),
    enabled: run !== undefined,
  })
  if (!isAccessKnown) return <RoutePending />
  if (!mayWrite) {
    return (
      <EmptyState title="You may not start runs of this workflow">
        Ask an owner of its project to make you an editor.
      </EmptyState>
    )
  }
  return (
    <Loaded query={manifest}>
      {(found) =>
        run === undefined ? (
          <TriggerForm key={version} manifest={found} />
        ) : (
          <Loaded query={like}>
            {({ params }) => <TriggerForm key={version} manifest={found} params={params as Record<string, unknown>} />}
          </Loaded>
        )
      }
    </Loaded>
  )
}
