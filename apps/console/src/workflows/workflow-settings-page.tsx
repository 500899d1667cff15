import { Button, Group, Paper, Stack, Text, TextInput, Title } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, invalidate, queryClient } from '../api/index.ts'
import { confirm, EmptyState, Failure, ProjectSelect, RoutePending } from '../ui/index.ts'
import { ProjectLink } from './project-link.tsx'
import { useWorkflow } from './use-workflow.ts'

/** Where a workflow belongs, and its end. */
export function WorkflowSettingsPage() {
  const { mayWrite, isAccessKnown } = useWorkflow()
  if (!isAccessKnown) return <RoutePending />
  if (!mayWrite) return <EmptyState title="You may not change this workflow">Ask an owner of its project.</EmptyState>
  return (
    <Stack gap="lg" maw={640}>
      <MoveWorkflow />
      <RemoveWorkflow />
    </Stack>
  )
}

function MoveWorkflow() {
  const { workflow } = useWorkflow()
  const [target, setTarget] = useState<string | null>(null)
  const move = useMutation({
    mutationFn: async (project: string) =>
      await api.patch('/api/workflows/{workflow}', {
        params: { path: { workflow: workflow.name } },
        body: { project_id: project },
      }),
    meta: { showsFailure: true },
    onSuccess: async () => {
      setTarget(null)
      await invalidate('/api/workflows', '/api/workflows/{workflow}')
    },
  })
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Title order={2}>Project</Title>
        <Text size="sm" component="div">
          It belongs to <ProjectLink id={workflow.project_id} />. Another project’s members see and run it then, with
          that project’s connections and secrets.
        </Text>
        {move.error !== null && <Failure error={move.error} />}
        <Group align="flex-end">
          <ProjectSelect
            label="Move to"
            placeholder="Choose a project"
            w={320}
            except={workflow.project_id}
            value={target}
            onChange={setTarget}
          />
          <Button
            variant="default"
            disabled={target === null}
            loading={move.isPending}
            onClick={() => target !== null && move.mutate(target)}
          >
            Move
          </Button>
        </Group>
      </Stack>
    </Paper>
  )
}

function RemoveWorkflow() {
  const { workflow } = useWorkflow()
  const { name } = workflow
  const navigate = useNavigate()
  const [typed, setTyped] = useState('')
  const remove = useMutation({
    mutationFn: async () => await api.delete('/api/workflows/{workflow}', { params: { path: { workflow: name } } }),
    meta: { showsFailure: true },
    onSuccess: async () => {
      await navigate({ to: '/workflows' })
      queryClient.removeQueries({ queryKey: ['/api/workflows/{workflow}'] })
      await invalidate('/api/workflows', '/api/runs')
    },
  })
  const ask = async () => {
    const isSure = await confirm({
      title: `Remove ${name}?`,
      text: 'All of its versions, runs, logs, outputs and backfills are removed. Data that its tasks wrote elsewhere stay. This cannot be taken back.',
      action: 'Remove the workflow',
    })
    if (isSure) remove.mutate()
  }
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Title order={2}>Remove</Title>
        <Text size="sm">
          Its versions, runs, logs, outputs and backfills are lost. To stop its schedule only, pause it.
        </Text>
        {remove.error !== null && <Failure error={remove.error} />}
        <Group align="flex-end">
          <TextInput
            label={`Type ${name} to be sure`}
            w={320}
            value={typed}
            onChange={({ currentTarget }) => setTyped(currentTarget.value)}
          />
          <Button color="red" disabled={typed.trim() !== name} loading={remove.isPending} onClick={() => void ask()}>
            Remove the workflow
          </Button>
        </Group>
      </Stack>
    </Paper>
  )
}
