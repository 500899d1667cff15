import { Button, Group, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Conflict, type EditedForm, Failure, Panel } from '../../ui/index.ts'
import { formFieldsOf, type ProjectForm } from '../fields.ts'
import { ProjectNameById } from '../project-name.tsx'
import { useProject } from '../use-project.ts'
import { useSaveProject } from '../use-save-project.ts'

/** Makes a project like this one; tells which one this was made from. */
export function CopyAndTemplate({ form }: { readonly form: EditedForm<ProjectForm> }) {
  const { id, template_id: template } = useProject()
  const { save, isOutdated, readAgain, isReading } = useSaveProject({
    etag: form.etag,
    onFresh: (fresh) => form.rebase(formFieldsOf(fresh), fresh.etag),
  })
  return (
    <Panel title="Copy">
      <Text size="sm">
        A copy gets the documentation, slots of session secrets, session launchers and links to data connectors of this
        project. Workflows, pipelines, connections, secrets and members stay here.
      </Text>
      {template !== undefined && (
        <Text size="sm" component="div">
          It was made from <ProjectNameById id={template} />.
        </Text>
      )}
      {isOutdated && <Conflict onReadAgain={readAgain} isReading={isReading} />}
      {save.error !== null && !isOutdated && <Failure error={save.error} />}
      <Group>
        <Button variant="default" renderRoot={(props) => <Link {...props} to="/projects/new" search={{ from: id }} />}>
          Copy this project
        </Button>
        {template !== undefined && (
          <Button variant="subtle" loading={save.isPending} onClick={() => save.mutate({ template_id: '' })}>
            Forget what it was made from
          </Button>
        )}
      </Group>
    </Panel>
  )
}
