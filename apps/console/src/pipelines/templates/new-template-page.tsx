import { Stack, Title } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, invalidate } from '../../api/index.ts'
import { useProject } from '../../projects/index.ts'
import { useLeaveGuard } from '../../ui/index.ts'
import { TemplateForm } from './template-form.tsx'
import { bodyOf, emptyTemplate } from './template-values.ts'

export function NewTemplatePage() {
  const { id: project_id, namespace, slug } = useProject()
  const navigate = useNavigate()
  const [values, setValues] = useState(emptyTemplate)
  const create = useMutation({
    mutationFn: async () => await api.post('/api/pipeline-templates', { body: { project_id, ...bodyOf(values) } }),
    meta: { showsFailure: true },
    onSuccess: async () => {
      await invalidate('/api/pipeline-templates')
      const params = { namespace, project: slug } as never
      await navigate({ to: '/projects/$namespace/$project/pipelines/templates', params, ignoreBlocker: true })
    },
  })
  useLeaveGuard(values !== emptyTemplate && !create.isSuccess)
  return (
    <Stack>
      <Title order={2}>New template</Title>
      <TemplateForm
        values={values}
        onChange={setValues}
        mayWrite
        submitLabel="Add the template"
        isSubmitting={create.isPending}
        error={create.error}
        projectId={project_id}
        onSubmit={() => create.mutate()}
      />
    </Stack>
  )
}
