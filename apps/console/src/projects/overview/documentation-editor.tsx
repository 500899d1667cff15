import { Button, Group, SimpleGrid, Stack, Text, Textarea } from '@mantine/core'
import { useDeferredValue } from 'react'
import { Conflict, Failure, fieldProblems, useEdited, useLeaveGuard } from '../../ui/index.ts'
import { Markdown } from '../../ui/markdown/index.ts'
import { Clashes } from '../clashes.tsx'
import type { Project } from '../use-project.ts'
import { useSaveProject } from '../use-save-project.ts'
import styles from './documentation-editor.module.css'

interface DocumentationEditorProps {
  readonly project: Project
  readonly onDone: () => void
}

const most = 5000

/** Markdown beside what becomes of it. */
export function DocumentationEditor({ project, onDone }: DocumentationEditorProps) {
  const { documentation = '', etag } = project
  const form = useEdited({ documentation }, etag)
  const { save, isOutdated, readAgain, isReading } = useSaveProject({
    etag: form.etag,
    onFresh: (fresh) => form.rebase({ documentation: fresh.documentation ?? '' }, fresh.etag),
  })
  useLeaveGuard(form.hasChanges, 'edit')
  const text = form.values.documentation
  const shown = useDeferredValue(text)
  const problem = fieldProblems(save.error).documentation
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate({ documentation: text }, { onSuccess: onDone })
      }}
    >
      <Stack gap="sm">
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
          <Textarea
            label="Text in Markdown"
            description={`${text.length.toLocaleString()} of ${most.toLocaleString()} characters`}
            autosize
            minRows={14}
            maxRows={40}
            maxLength={most}
            data-autofocus
            value={text}
            error={problem}
            classNames={{ input: styles.source ?? '' }}
            onChange={({ currentTarget }) => form.set({ documentation: currentTarget.value })}
          />
          <section aria-label="Preview" className={styles.preview}>
            {shown.trim() === '' ? (
              <Text size="sm" c="dimmed">
                What you write is shown here.
              </Text>
            ) : (
              <Markdown text={shown} />
            )}
          </section>
        </SimpleGrid>
        <Clashes names={form.clashes} base={project} />
        {isOutdated && <Conflict onReadAgain={readAgain} isReading={isReading} />}
        {save.error !== null && !isOutdated && problem === undefined && (
          <Failure error={save.error} title="This was not saved" />
        )}
        <Group>
          <Button type="submit" disabled={!form.hasChanges} loading={save.isPending || isReading}>
            Save the documentation
          </Button>
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
