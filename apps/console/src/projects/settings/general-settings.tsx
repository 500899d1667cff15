import { Button, Group, TextInput } from '@mantine/core'
import { Conflict, type EditedForm, Failure, fieldProblems, Panel } from '../../ui/index.ts'
import { Clashes } from '../clashes.tsx'
import { formFieldsOf, type ProjectForm } from '../fields.ts'
import { ProjectFieldInputs } from '../project-fields.tsx'
import { usePermissions } from '../use-permissions.ts'
import { useProject } from '../use-project.ts'
import { useSaveProject } from '../use-save-project.ts'

export function GeneralSettings({ form }: { readonly form: EditedForm<ProjectForm> }) {
  const project = useProject()
  const { delete: isOwner } = usePermissions()
  const { save, isOutdated, readAgain, isReading } = useSaveProject({
    etag: form.etag,
    onFresh: (fresh) => form.rebase(formFieldsOf(fresh), fresh.etag),
  })
  const { namespace: _, slug: __, ...changes } = form.changes
  const hasChanges = Object.keys(changes).length > 0
  const problems = fieldProblems(save.error)
  return (
    <Panel title="What it is">
      <form
        aria-label="What the project is"
        onSubmit={(event) => {
          event.preventDefault()
          if (hasChanges) save.mutate(changes)
        }}
      >
        <TextInput
          label="Name"
          required
          maxLength={99}
          mb="md"
          value={form.values.name}
          error={problems.name}
          onChange={({ currentTarget }) => form.set({ name: currentTarget.value })}
        />
        <ProjectFieldInputs values={form.values} onChange={form.set} problems={problems} maySetVisibility={isOwner} />
        <Clashes names={form.clashes} base={project} />
        {isOutdated && <Conflict onReadAgain={readAgain} isReading={isReading} />}
        {save.error !== null && !isOutdated && Object.keys(problems).length === 0 && (
          <Failure error={save.error} title="This was not saved" />
        )}
        <Group mt="md">
          <Button type="submit" disabled={!hasChanges} loading={save.isPending || isReading}>
            Save
          </Button>
          {hasChanges && (
            <Button
              variant="default"
              onClick={() => {
                form.reset()
                save.reset()
              }}
            >
              Take my changes back
            </Button>
          )}
        </Group>
      </form>
    </Panel>
  )
}
