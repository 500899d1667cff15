import { Badge, Button, Group, Modal, Stack, Text, Title } from '@mantine/core'
import { Failure } from '../../ui/index.ts'
import { GraphPanel } from './graph-panel.tsx'
import type { Preview } from './use-preview.ts'

interface SaveDialogProps {
  readonly name: string
  readonly isActive: boolean
  readonly preview: Preview
  readonly isSaving: boolean
  readonly error: Error | null
  readonly titleOfTemplate: (templateId: string) => string
  readonly onSave: () => void
  readonly onClose: () => void
}

const looks = {
  add: { label: 'added', color: 'green' },
  change: { label: 'changed', color: 'blue' },
  remove: { label: 'removed', color: 'red' },
} as const

/** What saving changes, in words and in the graph. */
export function SaveDialog({
  name,
  isActive,
  preview,
  isSaving,
  error,
  titleOfTemplate,
  onSave,
  onClose,
}: SaveDialogProps) {
  const { changes, problems, isChecking } = preview
  return (
    <Modal opened onClose={onClose} size="xl" title={`Save ${name}`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <Stack>
        <Text size="sm" c="dimmed">
          {isActive
            ? 'The pipeline is active: runs that start from now on are as it is saved; those under way go on as they are.'
            : 'The pipeline is not active: nothing runs by itself until it is activated.'}
        </Text>
        <section aria-label="What changes">
          <Title order={2} size="h5" mb={4}>
            {changes.length === 1 ? '1 change' : `${changes.length} changes`}
          </Title>
          <Stack gap={6} component="ul" p={0} m={0} style={{ listStyle: 'none' }}>
            {changes.map(({ action, text, transformation_id }) => (
              <Group key={`${transformation_id} ${text}`} component="li" gap="xs" wrap="nowrap" align="flex-start">
                <Badge variant="light" color={looks[action].color} style={{ flexShrink: 0 }}>
                  {looks[action].label}
                </Badge>
                <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                  {text}
                </Text>
              </Group>
            ))}
          </Stack>
        </section>
        <GraphPanel {...{ name, preview, titleOfTemplate }} selected={undefined} onOpen={() => {}} isDifference />
        {error !== null && <Failure error={error} title="This was not saved" />}
        {problems.length > 0 && (
          <Text size="sm" c="var(--mantine-color-error)">
            There are problems. Close this and solve them first.
          </Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Go on editing
          </Button>
          <Button
            data-autofocus
            loading={isSaving}
            disabled={problems.length > 0 || isChecking || changes.length === 0}
            onClick={onSave}
          >
            Save
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
