import { Alert, Button, Text } from '@mantine/core'
import { ApiError } from '@millrace/client'

interface ConflictProps {
  readonly onReadAgain: () => void
  readonly isReading?: boolean
}

/** Somebody else saved in between; what was typed is kept. */
export function Conflict({ onReadAgain, isReading = false }: ConflictProps) {
  return (
    <Alert color="yellow" title="Somebody else changed it in between" role="alert">
      <Text size="sm" mb="xs">
        Nothing of yours was saved, and nothing that you typed is lost. Read it again, look at both, and save once more.
      </Text>
      <Button size="xs" variant="default" loading={isReading} onClick={onReadAgain}>
        Read it again and keep what I typed
      </Button>
    </Alert>
  )
}

/** Whether a change was refused because somebody else changed the thing since it was read; other conflicts are about what was typed. */
export function isOutdated(error: Error | null): boolean {
  return error instanceof ApiError && (error.status === 412 || error.detail === 'ETAG_CHANGED')
}
