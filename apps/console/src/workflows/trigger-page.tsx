import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { apiQuery } from '../api/index.ts'
import { EmptyState, Loaded, RoutePending } from '../ui/index.ts'
import type { Manifest } from './manifest-graph.ts'
import { type NewRunDraft, TriggerForm } from './trigger-form.tsx'
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
  // Kept while another version, whose form may be another, comes.
  const [draft, setDraft] = useState<Partial<NewRunDraft>>({})
  const [draftOf, setDraftOf] = useState(version)
  if (!isAccessKnown) return <RoutePending />
  if (!mayWrite) {
    return (
      <EmptyState title="You may not start runs of this workflow">
        Ask an owner of its project to make you an editor.
      </EmptyState>
    )
  }
  const form = (found: Manifest, ofRun: NewRunDraft['params']) => {
    const { params = ofRun, ...others } = draft
    return (
      <TriggerForm
        key={version}
        manifest={found}
        draft={{
          ...{ logicalDate: null, key: '', priority: '', ...others },
          params: draftOf === version ? params : takenBy(found, params),
        }}
        onChange={(change) => {
          setDraft((before) => ({ ...before, ...change }))
          setDraftOf(version)
        }}
      />
    )
  }
  return (
    <Loaded query={manifest}>
      {(found) =>
        run === undefined ? (
          form(found, {})
        ) : (
          <Loaded query={like}>{({ params }) => form(found, params as NewRunDraft['params'])}</Loaded>
        )
      }
    </Loaded>
  )
}

/** Of params of another version those that this one knows by name; all, where it names none. */
function takenBy({ params: schema }: Manifest, params: NewRunDraft['params']): NewRunDraft['params'] {
  const names = Object.keys((schema?.properties as object | undefined) ?? {})
  if (names.length === 0) return params
  return Object.fromEntries(Object.entries(params).filter(([name]) => names.includes(name)))
}
