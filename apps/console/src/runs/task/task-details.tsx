import { Code, Group, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { apiQuery, type Schema } from '../../api/index.ts'
import { CopyText, JsonText, Moment } from '../../ui/index.ts'
import type { Fact } from '../facts.tsx'
import { localCommand } from './local-command.ts'

interface TaskDetailsProps {
  readonly run: Schema<'Run'>
  readonly task: Schema<'TaskRun'>
}

/** How the task is set up, when it did what, and how to run it elsewhere. */
export function TaskDetails({ run, task }: TaskDetailsProps) {
  const { workflow, version } = run
  const manifest = useQuery({
    ...apiQuery('/api/workflows/{workflow}/versions/{version}', { params: { path: { workflow, version } } }),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const node = manifest.data?.nodes.find(({ id }) => id === task.node)
  const command = localCommand(run, task.node)
  const facts: readonly Fact[] = [
    ['Task run', task.id],
    ['Queue', task.queue],
    ['Pool', task.pool ?? 'none'],
    ['Priority', task.priority],
    ['Ready', <Moment key="ready" at={task.ready_at} />],
    ['Not before', <Moment key="not-before" at={task.run_at} />],
    ['Started', <Moment key="started" at={task.started_at} />],
    ['Ended', <Moment key="ended" at={task.ended_at} />],
    ['Attempts', `${task.attempt}; ${task.failures} failed, ${task.losses} lost with their worker`],
    ...(node === undefined ? [] : ([['Operator', node.operator?.name ?? 'code of the workflow']] as Fact[])),
    ...(node === undefined || node.connections.length === 0
      ? []
      : ([['Connections', node.connections.join(', ')]] as Fact[])),
  ]
  return (
    <Stack gap="sm">
      <div>
        <Text size="sm" mb={4}>
          To run it on your machine, in the folder of its project:
        </Text>
        <Group gap="xs" wrap="nowrap">
          <Code block style={{ flex: 1, whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
            {command}
          </Code>
          <CopyText value={command} label="Copy the command" />
        </Group>
      </div>
      <Table withRowBorders={false} verticalSpacing={4} aria-label="Details">
        <Table.Tbody>
          {facts.map(([name, value]) => (
            <Table.Tr key={name}>
              <Table.Th w={140} fw={500}>
                {name}
              </Table.Th>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{value}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {task.item !== undefined && <JsonText value={task.item} label="Item" />}
      {node?.operator?.config !== undefined && (
        <div>
          <Text size="sm" mb={4}>
            Configuration of the operator
          </Text>
          <JsonText value={node.operator.config} label="Configuration of the operator" />
        </div>
      )}
    </Stack>
  )
}
