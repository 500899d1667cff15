import { Alert, Button, Group, Loader, Stack, Text, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { api, invalidate, type Schema } from '../api/index.ts'
import type { Place } from '../connections/index.ts'
import { EmptyState, Failure, isOutdated, useLeaveGuard } from '../ui/index.ts'
import { type CopyDraft, configOf, draftOf, emptyDraft, missingOf, suggestedName } from './copy-draft.ts'
import { DestinationSection } from './destination-section.tsx'
import { fireTimes } from './fire-times.ts'
import { ModeSection } from './mode-section.tsx'
import { OptionsSection } from './options-section.tsx'
import { PlanSection } from './plan-section.tsx'
import { ownZone, type ScheduleDraft, ScheduleSection } from './schedule-section.tsx'
import { Section } from './section.tsx'
import { SourceSection } from './source-section.tsx'
import { useEnds } from './use-ends.ts'
import { usePlan } from './use-plan.ts'

export type Copy = Schema<'Copy'>

interface CopyEditorProps {
  readonly project: Extract<Place, { kind: 'project' }>
  /** The copy that is changed; without it a new one is made. */
  readonly copy?: Copy
  /** Source of a new one, by its name. */
  readonly from?: string
  readonly onSaved: (copy: Copy, run: Schema<'Run'> | undefined) => void
}

/** Everything that a copy is, with its plan beside, which follows what is chosen. */
export function CopyEditor({ project, copy, from = '', onSaved }: CopyEditorProps) {
  const { ends, error, refetch } = useEnds(project.id)
  const [base, setBase] = useState(copy)
  const [draft, setDraft] = useState<CopyDraft>(() =>
    copy === undefined ? { ...emptyDraft, source: from } : draftOf(copy.config),
  )
  const [typedName, setTypedName] = useState<string>()
  const [title, setTitle] = useState(copy?.title ?? '')
  const [schedule, setSchedule] = useState<ScheduleDraft>({
    isOn: copy?.schedule !== undefined,
    cron: copy?.schedule?.cron ?? '0 6 * * *',
    timezone: copy?.schedule?.timezone ?? ownZone,
  })
  const [isTouched, setTouched] = useState(false)

  const isFiles = ends?.find(({ name }) => name === draft.destination)?.isFiles === true
  const missing = missingOf(draft, isFiles)
  const config = useMemo(() => (missing === undefined ? configOf(draft, isFiles) : null), [draft, isFiles, missing])
  const planning = usePlan(project.id, ends === undefined ? null : config)
  const name = copy?.name ?? typedName ?? (draft.destination === '' ? '' : suggestedName(draft))
  const problemAt = (path: string) => planning.plan?.problems.find((problem) => problem.path === path)?.message

  const save = useMutation({
    mutationFn: async (isRun: boolean) => {
      const saved = await api.put('/api/projects/{id}/copies/{name}', {
        params: { path: { id: project.id, name } },
        headers: base === undefined ? { 'if-none-match': '*' } : { 'if-match': base.etag },
        body: {
          title: title.trim() || null,
          description: base?.description ?? null,
          // The document leaves its fields open, which the types of the client take for none.
          config: (config ?? {}) as never,
          schedule: schedule.isOn ? { cron: schedule.cron.trim(), timezone: schedule.timezone } : null,
        },
      })
      setBase(saved)
      setTouched(false)
      const run = isRun
        ? await api.post('/api/workflows/{workflow}/runs', { params: { path: { workflow: saved.workflow } }, body: {} })
        : undefined
      return { saved, run }
    },
    meta: { showsFailure: true },
    onSuccess: async ({ saved, run }) => {
      await invalidate('/api/projects/{id}/copies', '/api/projects/{id}/copies/{name}', '/api/runs', '/api/workflows')
      onSaved(saved, run)
    },
  })
  useLeaveGuard(isTouched && !save.isPending, 'tab')

  if (error !== null) return <Failure error={error} onRetry={() => void refetch()} />
  if (ends === undefined) return <Loader aria-label="Loading" />
  if (ends.length === 0) {
    return (
      <EmptyState title="There are no connections yet">
        A copy goes from one connection to another. Make them under Connections of the project first.
      </EmptyState>
    )
  }
  const change = (changes: Partial<CopyDraft>) => {
    setTouched(true)
    setDraft((before) => ({ ...before, ...changes }))
  }
  const isNameFine = /^[a-z0-9][a-z0-9_-]{0,89}$/.test(name)
  const isScheduleFine = !schedule.isOn || typeof fireTimes(schedule.cron, schedule.timezone, 1) !== 'string'
  const isReady = config !== null && isNameFine && isScheduleFine
  const isConflict = isOutdated(save.error)
  const readAgain = async () => {
    const fresh = await api.get('/api/projects/{id}/copies/{name}', { params: { path: { id: project.id, name } } })
    setBase(fresh)
    save.reset()
  }
  return (
    <Stack gap="md" maw={860}>
      <SourceSection project={project} ends={ends} draft={draft} onChange={change} />
      <DestinationSection ends={ends} draft={draft} onChange={change} problemAt={problemAt} />
      <ModeSection
        destination={ends.find((end) => end.name === draft.destination)}
        draft={draft}
        onChange={change}
        problemAt={problemAt}
      />
      <OptionsSection draft={draft} onChange={change} />
      <PlanSection planning={planning} missing={missing} />
      <ScheduleSection
        schedule={schedule}
        onChange={(next) => {
          setTouched(true)
          setSchedule(next)
        }}
      />
      <Section title={copy === undefined ? '7. Name and save' : '7. Save'}>
        {copy === undefined && (
          <TextInput
            label="Name"
            description="Lower-case letters, digits, _ and -. It cannot be changed later."
            required
            value={name}
            error={name !== '' && !isNameFine ? 'Use lower-case letters, digits, _ and - only.' : undefined}
            onChange={({ currentTarget }) => {
              setTouched(true)
              setTypedName(currentTarget.value)
            }}
          />
        )}
        <TextInput
          label="Title"
          value={title}
          maxLength={1000}
          onChange={({ currentTarget }) => {
            setTouched(true)
            setTitle(currentTarget.value)
          }}
        />
        {isConflict ? (
          <Alert color="yellow" role="alert" title="Somebody else changed the copy in between">
            <Text size="sm" mb="xs">
              Nothing was saved, and what you chose is still here. After reading it again, saving replaces the other
              change.
            </Text>
            <Button size="xs" variant="default" onClick={() => void readAgain()}>
              Read it again and keep what I chose
            </Button>
          </Alert>
        ) : (
          save.error !== null && <Failure title="This was not saved or started" error={save.error} />
        )}
        {(planning.plan?.problems.length ?? 0) > 0 && (
          <Text size="sm">The plan has problems: a run would be refused as long as they are there.</Text>
        )}
        <Group>
          <Button disabled={!isReady} loading={save.isPending && save.variables} onClick={() => save.mutate(true)}>
            Save and run
          </Button>
          <Button
            variant="default"
            disabled={!isReady || save.isPending}
            loading={save.isPending && !save.variables}
            onClick={() => save.mutate(false)}
          >
            Save
          </Button>
          {missing !== undefined && (
            <Text size="sm" c="dimmed">
              {missing}
            </Text>
          )}
        </Group>
      </Section>
    </Stack>
  )
}
