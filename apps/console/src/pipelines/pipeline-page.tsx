import { Tabs } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useCallback, useEffect, useState } from 'react'
import { ApiError, api, apiQuery, invalidate, queryClient } from '../api/index.ts'
import { Loaded, Page, useLeaveGuard } from '../ui/index.ts'
import { BoardEditor } from './board/board-editor.tsx'
import { Conflict } from './board/conflict.tsx'
import { draftOf, type Pipeline } from './board/edited.ts'
import { ProblemList } from './board/problem-list.tsx'
import { SaveDialog } from './board/save-dialog.tsx'
import { SettingsForm } from './board/settings-form.tsx'
import { Toolbar } from './board/toolbar.tsx'
import { useEditor } from './board/use-editor.ts'
import { usePreview } from './board/use-preview.ts'
import { DatasetList } from './datasets/dataset-list.tsx'
import { ActiveBadge, PipelineAbout, PipelineActions } from './pipeline-header.tsx'
import { PipelineRuns } from './pipeline-runs.tsx'
import type { PipelineSearch } from './search.ts'
import { useTemplates } from './use-catalogue.ts'
import { useProjectWrite } from './use-project-write.ts'

const pipelineQuery = (id: string) => apiQuery('/api/pipelines/{id}', { params: { path: { id } } })

export function PipelinePage() {
  const { pipeline: id } = useParams({ strict: false }) as { pipeline: string }
  const pipeline = useQuery({ ...pipelineQuery(id), refetchOnWindowFocus: true })
  return <Loaded query={pipeline}>{(found) => <WithRights key={found.id} pipeline={found} />}</Loaded>
}

function WithRights({ pipeline }: { readonly pipeline: Pipeline }) {
  const mayWrite = useProjectWrite(pipeline.project_id)
  const templates = useTemplates(pipeline.project_id)
  if (mayWrite === undefined) return <Loaded query={{ ...templates, data: undefined } as never}>{() => null}</Loaded>
  return (
    <Loaded query={templates}>
      {(found) => <PipelineView pipeline={pipeline} templates={found} mayWrite={mayWrite} />}
    </Loaded>
  )
}

interface PipelineViewProps {
  readonly pipeline: Pipeline
  readonly templates: Parameters<typeof BoardEditor>[0]['templates']
  readonly mayWrite: boolean
}

function PipelineView({ pipeline, templates, mayWrite }: PipelineViewProps) {
  const { tab = 'board', card, graph = true } = useSearch({ strict: false }) as PipelineSearch
  const navigate = useNavigate()
  const go = useCallback(
    (next: PipelineSearch) =>
      void navigate({ to: '.', replace: true, search: (before: object) => ({ ...before, ...next }) } as never),
    [navigate],
  )
  const open = useCallback((key: string | undefined) => go({ card: key }), [go])
  const editor = useEditor(pipeline)
  const { base, edited, isChanged } = editor
  const preview = usePreview(editor, mayWrite)
  const [isReviewing, setReviewing] = useState(false)
  const isOutdated = pipeline.etag !== base.etag
  useLeaveGuard(isChanged)
  // What somebody else saved is shown at once where nothing was changed here.
  useEffect(() => {
    if (isOutdated && !isChanged && pipeline.updated_at >= base.updated_at) editor.adopt(pipeline)
  })
  const save = useMutation({
    mutationFn: async () =>
      await api.put('/api/pipelines/{id}', {
        params: { path: { id: base.id }, header: { 'If-Match': base.etag } },
        body: draftOf(edited, base.is_active),
      }),
    meta: { showsFailure: true },
    onSuccess: async (saved) => {
      setReviewing(false)
      queryClient.setQueryData(pipelineQuery(base.id).queryKey, saved)
      editor.adopt(saved)
      notifications.show({ color: 'green', message: `${saved.name} is saved.` })
      await invalidate('/api/pipelines', '/api/pipelines/{id}/graph', '/api/workflows/{workflow}')
    },
    onError: async (error) => {
      if (!(error instanceof ApiError) || error.status !== 409) return
      const theirs = await queryClient.fetchQuery({ ...pipelineQuery(base.id), staleTime: 0 })
      if (theirs.etag !== base.etag) setReviewing(false)
    },
  })
  const titleOfTemplate = useCallback(
    (id: string) => templates.find((one) => one.id === id)?.name ?? 'missing template',
    [templates],
  )
  const nameOf = (key: string) => {
    const found = edited.board.find((one) => one.key === key)
    return found === undefined ? 'A transformation' : `${titleOfTemplate(found.templateId)} of ${found.state}`
  }
  return (
    <Page
      title={base.name}
      above={[{ label: 'Pipelines', link: { to: '/pipelines' } }]}
      mark={<ActiveBadge isActive={base.is_active} />}
      about={<PipelineAbout pipeline={base} />}
      actions={
        mayWrite ? (
          <PipelineActions
            pipeline={base}
            isChanged={isChanged}
            hasProblems={preview.problems.length > 0}
            onToggled={(saved) => {
              queryClient.setQueryData(pipelineQuery(base.id).queryKey, saved)
              editor.note(saved)
            }}
          />
        ) : null
      }
    >
      {(tab === 'board' || tab === 'settings' || isChanged) && (
        <Toolbar
          {...{ editor, preview, mayWrite }}
          hasGraph={graph}
          onGraph={(next) => go({ graph: next ? undefined : false })}
          onReview={() => {
            save.reset()
            setReviewing(true)
          }}
        />
      )}
      {isOutdated && isChanged && (
        <Conflict
          base={base}
          theirs={pipeline}
          onKeepMine={() => editor.rebase(pipeline)}
          onTakeTheirs={() => editor.adopt(pipeline)}
        />
      )}
      <ProblemList
        problems={preview.problems}
        error={preview.error}
        nameOf={nameOf}
        onOpen={({ card: key }) => go(key === undefined ? { tab: 'settings' } : { tab: undefined, card: key })}
      />
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(next) => go({ tab: next === 'board' ? undefined : (next ?? undefined), page: undefined })}
      >
        <Tabs.List>
          <Tabs.Tab value="board">Board</Tabs.Tab>
          <Tabs.Tab value="settings">Settings</Tabs.Tab>
          <Tabs.Tab value="runs">Runs</Tabs.Tab>
          <Tabs.Tab value="datasets">Datasets</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="board" pt="sm">
          <BoardEditor {...{ editor, preview, templates, mayWrite, open: card }} hasGraph={graph} onOpen={open} />
        </Tabs.Panel>
        <Tabs.Panel value="settings" pt="sm">
          <SettingsForm editor={editor} problems={preview.problems} mayWrite={mayWrite} />
        </Tabs.Panel>
        <Tabs.Panel value="runs" pt="sm">
          <PipelineRuns pipeline={base} />
        </Tabs.Panel>
        <Tabs.Panel value="datasets" pt="sm">
          <DatasetList pipeline={base} />
        </Tabs.Panel>
      </Tabs>
      {isReviewing && (
        <SaveDialog
          name={edited.settings.name}
          isActive={base.is_active}
          preview={preview}
          isSaving={save.isPending}
          error={save.error}
          titleOfTemplate={titleOfTemplate}
          onSave={() => save.mutate()}
          onClose={() => setReviewing(false)}
        />
      )}
    </Page>
  )
}
