import { Alert, Text } from '@mantine/core'
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react'
import type { Schema } from '../api/index.ts'
import { durationText } from '../ui/index.ts'

/** What came of trying a connection from the server. */
export function TestAnswer({ answer }: { readonly answer: Schema<'ConnectionTest'> }) {
  const { ok, message, duration_ms, server_version } = answer
  return (
    <Alert
      role="status"
      color={ok ? 'green' : 'red'}
      icon={ok ? <IconCheck aria-hidden /> : <IconAlertTriangle aria-hidden />}
      title={ok ? `The server could connect, in ${durationText(duration_ms)}` : 'The server could not connect'}
    >
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {ok ? (server_version ?? message) : message}
      </Text>
    </Alert>
  )
}
