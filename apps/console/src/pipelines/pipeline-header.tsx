import { ActionIcon, Badge, Button, Menu, Tooltip } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { IconDots, IconPlayerPlay, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { api, apiQuery, invalidate, queryClient } from '../api/index.ts'
import { confirm, Moment } from '../ui/index.ts'
import type { Pipeline } from './board/edited.ts'
import { frequencyWords } from './frequency.ts'

export function ActiveBadge({ isActive }: { readonly isActive: boolean }) {
  return (
    <Badge variant="light" color={isActive ? 'green' : 'gray'} miw="max-content" data-active={isActive}>
      {isActive ? 'active' : 'not active'}
    </Badge>
  )
}

/** Whose it is, and when it runs. */
export function PipelineAbout({ pipeline }: { readonly pipeline: Pipeline }) {
  const { client, brand, type, segment, run_frequency, is_active, description, workflow: name } = pipeline
  // One that is not active has none.
  const { data: workflow } = useQuery({
    ...apiQuery('/api/workflows/{workflow}', { params: { path: { workflow: name } } }),
    enabled: is_active,
    retry: false,
  })
  return (
    <>
      {description !== null && <div>{description}</div>}
      <div>
        {client} / {brand} · {type}
        {segment !== null && ` (${segment})`} · {frequencyWords(run_frequency)}
        {run_frequency !== null && ' UTC'}
        {is_active && workflow?.next_tick_at !== undefined && (
          <>
            , next <Moment at={workflow.next_tick_at} />
          </>
        )}
      </div>
    </>
  )
}

interface PipelineActionsProps {
  readonly pipeline: Pipeline
  /** Whether there is something that is not saved, which would not be run. */
  readonly isChanged: boolean
  readonly hasProblems: boolean
  /** What is saved is not active any more, or is active now. */
  readonly onToggled: (pipeline: Pipeline) => void
}

/** Run, activate, deactivate, remove: what happens at once. */
export function PipelineActions({ pipeline, isChanged, hasProblems, onToggled }: PipelineActionsProps) {
  const { id, name, is_active, workflow } = pipeline
  const navigate = useNavigate()
  const params = { path: { id } }
  const run = useMutation({
    mutationFn: async () => await api.post('/api/pipelines/{id}/runs', { params, body: {} }),
    onSuccess: async ({ run_id }) => await navigate({ to: '/runs/$run', params: { run: run_id } as never }),
  })
  const toggle = useMutation({
    mutationFn: async () =>
      is_active
        ? await api.post('/api/pipelines/{id}/deactivate', { params })
        : await api.post('/api/pipelines/{id}/activate', { params }),
    onSuccess: async (saved) => {
      onToggled(saved)
      await invalidate('/api/pipelines', '/api/pipelines/{id}', '/api/workflows', '/api/workflows/{workflow}')
      if (!saved.is_active) {
        notifications.show({ message: `${name} is not active any more. Runs under way go on.` })
        return
      }
      // Told by its schedule, which knows it before the scheduler has taken it up.
      const [schedule] = await queryClient.fetchQuery({
        ...apiQuery('/api/schedules', { params: { query: { workflow, ticks: 1 } } }),
        staleTime: 0,
      })
      const next = schedule?.next_ticks[0]
      const when = next === undefined ? 'It runs when somebody starts it.' : `It runs next ${moment(next)}.`
      notifications.show({ color: 'green', message: `${name} is active. ${when}` })
    },
  })
  const remove = useMutation({
    mutationFn: async () => await api.delete('/api/pipelines/{id}', { params }),
    onSuccess: async () => {
      await navigate({ to: '/pipelines', ignoreBlocker: true })
      await invalidate('/api/pipelines')
    },
  })
  const askToRun = async () => {
    const isSure =
      !isChanged ||
      (await confirm({
        title: 'Run what is saved?',
        text: 'There are changes that are not saved. The run is of the pipeline as it was saved last.',
        action: 'Run what is saved',
        isDangerous: false,
      }))
    if (isSure) run.mutate()
  }
  const askToToggle = async () => {
    const isSure =
      !is_active ||
      (await confirm({
        title: `Deactivate ${name}?`,
        text: 'It has no new runs until it is activated again. Runs under way go on.',
        action: 'Deactivate',
      }))
    if (isSure) toggle.mutate()
  }
  const askToRemove = async () => {
    const isSure = await confirm({
      title: `Remove ${name}?`,
      text: 'The pipeline, its transformations and its schedule are removed, and cannot be brought back. Runs under way go on.',
      action: 'Remove',
    })
    if (isSure) remove.mutate()
  }
  return (
    <>
      <Tooltip label="Activate it to run it" disabled={is_active}>
        <Button
          variant="default"
          leftSection={<IconPlayerPlay size={16} aria-hidden />}
          loading={run.isPending}
          disabled={!is_active}
          onClick={() => void askToRun()}
        >
          Run now
        </Button>
      </Tooltip>
      <Button
        variant={is_active ? 'default' : 'filled'}
        loading={toggle.isPending}
        disabled={!is_active && hasProblems && !isChanged}
        onClick={() => void askToToggle()}
      >
        {is_active ? 'Deactivate' : 'Activate'}
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label={`More for ${name}`} loading={remove.isPending}>
            <IconDots size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item color="red" leftSection={<IconTrash size={14} aria-hidden />} onClick={() => void askToRemove()}>
            Remove the pipeline
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  )
}

function moment(at: string): string {
  return new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' }).format(new Date(at))
}
