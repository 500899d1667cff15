import { ActionIcon, Badge, Button, Group, Loader, Switch, Text, Tooltip } from '@mantine/core'
import { IconArrowBackUp, IconArrowForwardUp } from '@tabler/icons-react'
import styles from './board.module.css'
import type { Editor } from './use-editor.ts'
import type { Preview } from './use-preview.ts'

interface ToolbarProps {
  readonly editor: Editor
  readonly preview: Preview
  readonly mayWrite: boolean
  readonly hasGraph: boolean
  readonly onGraph: (hasGraph: boolean) => void
  readonly onReview: () => void
}

/** What stands above a board: undo, what is wrong, what is not saved. */
export function Toolbar({ editor, preview, mayWrite, hasGraph, onGraph, onReview }: ToolbarProps) {
  const { isChanged, canUndo, canRedo, undo, redo, discard } = editor
  const { problems, isChecking, changes } = preview
  const count = changes.length
  return (
    <Group justify="space-between" className={styles.toolbar ?? ''} gap="xs">
      <Group gap="xs">
        {mayWrite && (
          <>
            <Tooltip label="Undo (Ctrl-Z)">
              <ActionIcon variant="default" size="md" aria-label="Undo" disabled={!canUndo} onClick={undo}>
                <IconArrowBackUp size={16} aria-hidden />
              </ActionIcon>
            </Tooltip>
            <Tooltip label="Redo (Ctrl-Shift-Z)">
              <ActionIcon variant="default" size="md" aria-label="Redo" disabled={!canRedo} onClick={redo}>
                <IconArrowForwardUp size={16} aria-hidden />
              </ActionIcon>
            </Tooltip>
          </>
        )}
        <Switch
          size="sm"
          label="Graph"
          checked={hasGraph}
          onChange={({ currentTarget }) => onGraph(currentTarget.checked)}
        />
        <Group gap={6} role="status" aria-live="polite">
          {problems.length > 0 ? (
            <Badge variant="light" color="red">
              {problems.length === 1 ? '1 problem' : `${problems.length} problems`}
            </Badge>
          ) : (
            <Badge variant="light" color="green">
              no problems
            </Badge>
          )}
          {isChecking && <Loader size={14} aria-label="Checking" />}
        </Group>
      </Group>
      {mayWrite ? (
        <Group gap="xs">
          {isChanged && (
            <>
              <Text size="sm" c="dimmed">
                {isChecking || count === 0
                  ? 'Not saved'
                  : count === 1
                    ? '1 change not saved'
                    : `${count} changes not saved`}
              </Text>
              <Button size="xs" variant="default" onClick={discard}>
                Discard
              </Button>
            </>
          )}
          <Button size="xs" disabled={!isChanged} onClick={onReview}>
            Review and save
          </Button>
        </Group>
      ) : (
        <Text size="sm" c="dimmed">
          You may look at this pipeline, but not change it.
        </Text>
      )}
    </Group>
  )
}
