import { Anchor, Group, Stack, Text, Title } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { apiPage, apiQuery } from '../../api/index.ts'
import { connectionFound, pipelineFound, runFound, workflowFound } from '../../app/palette/index.ts'
import { isPlain } from './search-text.ts'

const most = 10

/** Workflows, pipelines and connections by their names, and a run by its id. */
export function FoundOperations({ text }: { readonly text: string }) {
  const options = { enabled: isPlain(text), placeholderData: keepPreviousData }
  const workflows = useQuery({
    ...apiPage('/api/workflows', { params: { query: { search: text, per_page: most } } }),
    ...options,
  })
  const pipelines = useQuery({
    ...apiPage('/api/pipelines', { params: { query: { name: text, per_page: most } } }),
    ...options,
  })
  const connections = useQuery({
    ...apiPage('/api/readable-connections', { params: { query: { search: text, per_page: most } } }),
    ...options,
  })
  const isRun = /^\d{1,15}$/.test(text)
  const run = useQuery({ ...apiQuery('/api/runs/{run}', { params: { path: { run: text } } }), enabled: isRun })
  if (!isPlain(text)) return null
  const found = [
    ...(isRun && run.data !== undefined ? [runFound(run.data)] : []),
    ...(workflows.data?.items.map(workflowFound) ?? []),
    ...(pipelines.data?.items.map(pipelineFound) ?? []),
    ...(connections.data?.items.map(connectionFound) ?? []),
  ]
  if (found.length === 0) return null
  return (
    <Stack gap="xs">
      <Title order={2}>Workflows, pipelines, connections and runs</Title>
      {found.map(({ id, label, description, icon: Icon, go }) => (
        <Group key={id} gap="xs" wrap="nowrap">
          <Icon size={18} aria-hidden />
          <Anchor component={Link} {...(go as object)} size="sm">
            {label}
          </Anchor>
          <Text size="sm" c="dimmed" truncate>
            {description}
          </Text>
        </Group>
      ))}
      {(workflows.data?.total ?? 0) > most && (
        <Anchor component={Link} {...({ to: '/workflows', search: { search: text } } as object)} size="sm">
          All {workflows.data?.total.toLocaleString()} workflows
        </Anchor>
      )}
      {(connections.data?.total ?? 0) > most && (
        <Anchor component={Link} {...({ to: '/connections', search: { q: text } } as object)} size="sm">
          All {connections.data?.total.toLocaleString()} connections
        </Anchor>
      )}
    </Stack>
  )
}
