import { Alert, Button, Code, Group, Text, TextInput } from '@mantine/core'
import { Conflict, type EditedForm, Failure, fieldProblems, Panel, slugProblem } from '../../ui/index.ts'
import { formFieldsOf, type ProjectForm } from '../fields.ts'
import { NamespaceSelect } from '../namespace-select.tsx'
import { useProject } from '../use-project.ts'
import { useSaveProject } from '../use-save-project.ts'

/** Renames the address of the project, or moves it to another namespace. */
export function AddressSettings({ form }: { readonly form: EditedForm<ProjectForm> }) {
  const { namespace, slug } = useProject()
  const { save, isOutdated, readAgain, isReading } = useSaveProject({
    etag: form.etag,
    onFresh: (fresh) => form.rebase(formFieldsOf(fresh), fresh.etag),
  })
  const problems = fieldProblems(save.error)
  const { values } = form
  const changes = picked(form.changes)
  const hasChanges = Object.keys(changes).length > 0
  return (
    <Panel title="Address">
      <form
        aria-label="Address of the project"
        onSubmit={(event) => {
          event.preventDefault()
          if (hasChanges && slugProblem(values.slug) === undefined) save.mutate(changes)
        }}
      >
        <Group align="flex-start" gap="sm" mb="sm">
          <NamespaceSelect
            label="Namespace"
            description="Your own, or a group’s that you are editor of."
            flex="1 1 220px"
            allowDeselect={false}
            minimumRole="editor"
            value={values.namespace}
            error={problems.namespace}
            onChange={(next) => next !== null && form.set({ namespace: next })}
          />
          <TextInput
            label="Slug"
            description="Its name in addresses and for programs."
            flex="1 1 220px"
            maxLength={99}
            value={values.slug}
            error={slugProblem(values.slug) ?? problems.slug}
            onChange={({ currentTarget }) => form.set({ slug: currentTarget.value })}
          />
        </Group>
        {hasChanges && (
          <Alert color="yellow" title="What changes with it" mb="sm">
            <Text size="sm">
              <Code>
                {namespace}/{slug}
              </Code>{' '}
              leads to{' '}
              <Code>
                {values.namespace}/{values.slug}
              </Code>{' '}
              from then on, until another project takes the former address. Programs that write should use the new one.
              {changes.namespace !== undefined &&
                ` Members of ${values.namespace} get their say in it, those of ${namespace} lose theirs, and connections and secrets of ${namespace} are no longer there for its tasks.`}
            </Text>
          </Alert>
        )}
        {isOutdated && <Conflict onReadAgain={readAgain} isReading={isReading} />}
        {save.error !== null && !isOutdated && Object.keys(problems).length === 0 && (
          <Failure error={save.error} title="It was not moved" />
        )}
        <Button type="submit" disabled={!hasChanges} loading={save.isPending || isReading}>
          {changes.namespace === undefined ? 'Rename the address' : 'Move the project'}
        </Button>
      </form>
    </Panel>
  )
}

function picked({ namespace, slug }: Partial<ProjectForm>) {
  return { ...(namespace === undefined ? {} : { namespace }), ...(slug === undefined ? {} : { slug }) }
}
