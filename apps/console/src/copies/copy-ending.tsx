import { Alert, Stack, Text } from '@mantine/core'
import { IconAlertTriangle, IconBan } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { apiQuery, type Schema } from '../api/index.ts'
import { Loaded, rowsText } from '../ui/index.ts'
import type { Copy } from './copy-editor.tsx'
import { RepairLinks } from './repair-links.tsx'

interface CopyEndingProps {
  readonly task: Schema<'TaskRun'>
  readonly copy: Copy
  readonly mayWrite: boolean
}

/** Why a run of a copy did not end well, and where that is put right. */
export function CopyEnding({ task, copy, mayWrite }: CopyEndingProps) {
  const attempts = useQuery(apiQuery('/api/task-runs/{task_run}/attempts', { params: { path: { task_run: task.id } } }))
  const isCancelled = task.state === 'cancelled'
  return (
    <Loaded query={attempts} lines={2}>
      {(all) => {
        const [last] = all
        const rows = last?.progress?.done ?? 0
        return (
          <Alert
            role="alert"
            color={isCancelled ? 'yellow' : 'red'}
            icon={isCancelled ? <IconBan aria-hidden /> : <IconAlertTriangle aria-hidden />}
            title={
              isCancelled
                ? 'The copy was cancelled'
                : all.length > 1
                  ? `The copy failed, ${all.length} times`
                  : 'The copy failed'
            }
          >
            <Stack gap="xs">
              <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                {last?.failure?.message ?? task.reason}
              </Text>
              {rows > 0 && (
                <Text size="sm">
                  {rowsText(rows)} had been read. Nothing of a table that is not finished is visible at the destination;
                  finished chunks are not copied again.
                </Text>
              )}
              <RepairLinks copy={copy} mayWrite={mayWrite} />
            </Stack>
          </Alert>
        )
      }}
    </Loaded>
  )
}
