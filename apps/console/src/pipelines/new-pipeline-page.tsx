import { Button, Group, Stack, Text, Textarea, TextInput, Title } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, invalidate } from '../api/index.ts'
import { useProject } from '../projects/index.ts'
import { Failure, useLeaveGuard } from '../ui/index.ts'
import { FrequencyField } from './frequency-field.tsx'
import { SortingFields } from './sorting-fields.tsx'

/** A pipeline begins with what it is for; its transformations are put together on its board. */
export function NewPipelinePage() {
  const { id: project_id } = useProject()
  const navigate = useNavigate()
  const [name, setName] = useState('')
  const [description, setDescription] = useState('')
  const [brand_id, setBrand] = useState('')
  const [pipeline_type_id, setType] = useState('')
  const [run_frequency, setFrequency] = useState<string | null>('daily')
  const isFineName = /^[A-Za-z0-9_-]{1,80}$/.test(name)
  const create = useMutation({
    mutationFn: async () =>
      await api.post('/api/pipelines', {
        // Not active: it has nothing to run yet.
        body: {
          ...{ project_id, name, brand_id, pipeline_type_id, run_frequency, is_active: false, transformations: [] },
          description: description.trim() === '' ? null : description.trim(),
        },
      }),
    meta: { showsFailure: true },
    onSuccess: async ({ id }) => {
      await invalidate('/api/pipelines')
      await navigate({ to: '/pipelines/$pipeline', params: { pipeline: id } as never, ignoreBlocker: true })
    },
  })
  const isReady = isFineName && brand_id !== '' && pipeline_type_id !== ''
  useLeaveGuard((name !== '' || description !== '') && !create.isSuccess)
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (isReady && !create.isPending) create.mutate()
      }}
    >
      <Stack maw={640}>
        <Title order={2}>New pipeline</Title>
        <TextInput
          label="Name"
          description="Letters, digits, underscore and dash."
          required
          value={name}
          error={name !== '' && !isFineName ? 'Use letters, digits, "_" and "-", at most 80.' : undefined}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
        />
        <Textarea
          label="Description"
          autosize
          minRows={2}
          value={description}
          onChange={({ currentTarget }) => setDescription(currentTarget.value)}
        />
        <SortingFields
          projectId={project_id}
          brandId={brand_id}
          typeId={pipeline_type_id}
          onBrand={setBrand}
          onType={setType}
        />
        <FrequencyField value={run_frequency} onChange={setFrequency} />
        {create.error !== null && <Failure error={create.error} title="This was not saved" />}
        <Group>
          <Button type="submit" loading={create.isPending} disabled={!isReady}>
            Make the pipeline
          </Button>
          <Text size="sm" c="dimmed">
            Next come its transformations. It does not run before it is activated.
          </Text>
        </Group>
      </Stack>
    </form>
  )
}
