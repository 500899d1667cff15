import { Alert, Button, Code, Group, Text } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { ApiError } from '../api/index.ts'
import { isOutdated } from './conflict.tsx'

interface FailureProps {
  readonly error: Error
  /** Default: what the state of the error suggests. */
  readonly title?: string
  readonly onRetry?: () => void
}

/** What went wrong, what to do next, and what finds it in the log of the server. */
export function Failure({ error, title = titleOf(error), onRetry }: FailureProps) {
  const trace = error instanceof ApiError ? error.traceId : undefined
  return (
    <Alert role="alert" color="red" icon={<IconAlertTriangle aria-hidden />} title={title}>
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {error.message}
      </Text>
      <Group gap="sm" mt={4}>
        {onRetry !== undefined && (
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
        {trace !== undefined && (
          <Text size="xs">
            In the log of the server: <Code>{trace}</Code>
          </Text>
        )}
      </Group>
    </Alert>
  )
}

function titleOf(error: Error): string {
  if (!(error instanceof ApiError)) return 'The server cannot be reached'
  if (error.status === 401) return 'You are not signed in'
  if (error.status === 403) return 'You may not do this'
  if (error.status === 404) return 'Not found'
  if (isOutdated(error)) return 'Somebody else changed it in between'
  if (error.status === 409) return 'This does not fit what is there now'
  if (error.status === 429) return 'Too many requests'
  if (error.status >= 500) return 'The server failed'
  return 'The server refused this'
}
