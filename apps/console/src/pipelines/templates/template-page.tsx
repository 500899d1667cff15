import { Alert, Anchor, Button, Group, Stack, Text, Title } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { api, apiAll, apiQuery, invalidate, queryClient } from '../../api/index.ts'
import { useProject } from '../../projects/index.ts'
import { confirm, isOutdated, Loaded, useLeaveGuard } from '../../ui/index.ts'
import { ActiveBadge } from '../pipeline-header.tsx'
import { useProjectWrite } from '../use-project-write.ts'
import { TemplateForm } from './template-form.tsx'
import { bodyOf, type Template, valuesOf } from './template-values.ts'

const templateQuery = (id: string) => apiQuery('/api/pipeline-templates/{id}', { params: { path: { id } } })

export function TemplatePage() {
  const { template: id } = useParams({ strict: false }) as { template: string }
  const template = useQuery(templateQuery(id))
  return <Loaded query={template}>{(found) => <TemplateEditor key={found.id} template={found} />}</Loaded>
}

function TemplateEditor({ template }: { readonly template: Template }) {
  const { id: project_id, namespace, slug } = useProject()
  const mayWrite = useProjectWrite(project_id) === true
  const navigate = useNavigate()
  const [base, setBase] = useState(template)
  const saved = useMemo(() => valuesOf(base), [base])
  const [values, setValues] = useState(saved)
  const isChanged = JSON.stringify(values) !== JSON.stringify(saved)
  useLeaveGuard(isChanged)
  const list = {
    to: '/projects/$namespace/$project/pipelines/templates',
    params: { namespace, project: slug },
  } as const
  const save = useMutation({
    mutationFn: async () =>
      await api.patch('/api/pipeline-templates/{id}', {
        params: { path: { id: base.id }, header: { 'If-Match': base.etag } },
        body: bodyOf(values),
      }),
    meta: { showsFailure: true },
    onSuccess: async (after) => {
      queryClient.setQueryData(templateQuery(after.id).queryKey, after)
      setBase(after)
      setValues(valuesOf(after))
      notifications.show({ color: 'green', message: `${after.name} is saved.` })
      await invalidate('/api/pipeline-templates', '/api/pipelines', '/api/pipelines/{id}', '/api/pipelines/{id}/graph')
    },
  })
  const remove = useMutation({
    mutationFn: async () => await api.delete('/api/pipeline-templates/{id}', { params: { path: { id: base.id } } }),
    onSuccess: async () => {
      await navigate({ ...list, params: list.params as never, ignoreBlocker: true })
      await invalidate('/api/pipeline-templates')
    },
  })
  const isConflict = isOutdated(save.error)
  const readAgain = async () => {
    const fresh = await queryClient.fetchQuery({ ...templateQuery(base.id), staleTime: 0 })
    // Only its tag is new: the fields keep what was typed.
    setBase((before) => ({ ...before, etag: fresh.etag }))
    save.reset()
  }
  const askToRemove = async () => {
    const isSure = await confirm({
      title: `Remove the template ${base.name}?`,
      text: 'It is removed only when no transformation uses it any more. It cannot be brought back.',
      action: 'Remove',
    })
    if (isSure) remove.mutate()
  }
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={2}>Template {base.name}</Title>
        {mayWrite && (
          <Button variant="default" color="red" loading={remove.isPending} onClick={() => void askToRemove()}>
            Remove
          </Button>
        )}
      </Group>
      <TemplateForm
        values={values}
        onChange={setValues}
        mayWrite={mayWrite}
        submitLabel="Save"
        isSubmitting={save.isPending}
        error={isConflict ? null : save.error}
        projectId={project_id}
        onSubmit={() => save.mutate()}
      >
        <Uses template={base} isChanged={isChanged} />
        {isConflict && (
          <Alert color="yellow" role="alert" title="Somebody else changed it in between">
            <Text size="sm" mb="xs">
              {save.error?.message} Nothing was saved. If you save again, what you typed wins.
            </Text>
            <Button size="xs" variant="default" onClick={() => void readAgain()}>
              Read it again and keep what I typed
            </Button>
          </Alert>
        )}
      </TemplateForm>
    </Stack>
  )
}

/** Which pipelines are made of it, and would change with it. */
function Uses({ template, isChanged }: { readonly template: Template; readonly isChanged: boolean }) {
  const pipelines = useQuery(apiAll('/api/pipelines', { params: { query: { project_id: template.project_id } } }))
  return (
    <Loaded query={pipelines} lines={1}>
      {(all) => {
        const uses = all
          .map((pipeline) => ({
            pipeline,
            count: pipeline.transformations.filter(({ template_id }) => template_id === template.id).length,
          }))
          .filter(({ count }) => count > 0)
        const active = uses.filter(({ pipeline }) => pipeline.is_active).length
        if (uses.length === 0) {
          return (
            <Text size="sm" c="dimmed">
              No pipeline uses it yet.
            </Text>
          )
        }
        return (
          <Alert
            color={isChanged && active > 0 ? 'yellow' : 'gray'}
            title={uses.length === 1 ? 'One pipeline uses it' : `${uses.length} pipelines use it`}
          >
            {active > 0 && (
              <Text size="sm" mb={4}>
                Saving changes the active ones at once, and is refused when one of them would not hold any more.
              </Text>
            )}
            {uses.map(({ pipeline, count }) => (
              <Group key={pipeline.id} gap="xs">
                <Anchor
                  component={Link}
                  to="/pipelines/$pipeline"
                  params={{ pipeline: pipeline.id } as never}
                  size="sm"
                >
                  {pipeline.name}
                </Anchor>
                <Text size="xs" c="dimmed">
                  {count === 1 ? 'once' : `${count} times`}
                </Text>
                <ActiveBadge isActive={pipeline.is_active} />
              </Group>
            ))}
          </Alert>
        )
      }}
    </Loaded>
  )
}
