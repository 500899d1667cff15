import { Alert, Button, Stack } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { api, invalidate, type Schema } from '../api/index.ts'
import { useProject } from '../projects/index.ts'
import { Failure, useLeaveGuard } from '../ui/index.ts'
import { SchemaForm } from '../ui/schema-form/index.ts'
import { linkToProject } from './link-to-project.ts'
import { sensitiveNames, storageSchema } from './storage-form.ts'

type Configuration = Record<string, string | number | boolean>

interface ConnectorForm {
  readonly name?: string
  readonly source_path?: string
  readonly target_path?: string
  readonly readonly?: boolean
  readonly configuration?: Configuration
}

interface NewConnectorProps {
  readonly storage: Schema<'StorageProvider'>
  readonly vendor: string | undefined
}

/** The rest of the form once the kind of storage is chosen; can be tried before it is saved. */
export function NewConnector({ storage, vendor }: NewConnectorProps) {
  const { id: projectId, namespace, slug } = useProject()
  const navigate = useNavigate()
  const schema = useMemo(() => formSchemaOf(storage, vendor), [storage, vendor])
  const [typed, setTyped] = useState<ConnectorForm>({})
  const configurationOf = (form: ConnectorForm) => ({
    type: storage.prefix,
    ...(vendor === undefined ? {} : { provider: vendor }),
    ...form.configuration,
  })
  const trial = useMutation({
    mutationFn: async (form: ConnectorForm) =>
      await api.post('/api/data/storage_schema/test_connection', {
        body: { configuration: configurationOf(form) as never, source_path: form.source_path ?? '' },
      }),
    meta: { showsFailure: true },
  })
  const saving = useMutation({
    mutationFn: async (form: ConnectorForm) => {
      const { name = '', source_path = '', target_path = '', readonly = false } = form
      const connector = await api.post('/api/data/data_connectors', {
        body: {
          name,
          namespace: `${namespace}/${slug}`,
          storage: { configuration: configurationOf(form) as never, source_path, target_path, readonly },
        },
      })
      await keepSecrets(connector.id, form)
      await linkToProject(connector.id, projectId)
    },
    meta: { showsFailure: true },
    onSuccess: async () => {
      await invalidate('/api/data/projects/{project_id}/data_connector_links', '/api/data/data_connectors')
      await navigate({
        to: '/projects/$namespace/$project/data',
        params: { namespace, project: slug },
        ignoreBlocker: true,
      })
    },
  })
  const keepSecrets = async (id: string, { configuration = {} }: ConnectorForm) => {
    const names = sensitiveNames(storage)
    const secrets = Object.entries(configuration)
      .filter(([name, value]) => names.includes(name) && typeof value === 'string' && value !== '')
      .map(([name, value]) => ({ name, value: `${value}` }))
    if (secrets.length === 0) return
    await api.patch('/api/data/data_connectors/{data_connector_id}/secrets', {
      params: { path: { data_connector_id: id } },
      body: secrets,
    })
  }
  useLeaveGuard(Object.keys(typed).length > 0 && !saving.isSuccess)
  return (
    <SchemaForm<ConnectorForm>
      schema={schema}
      submitLabel="Save"
      isSubmitting={saving.isPending}
      onChange={(form) => {
        setTyped(form)
        trial.reset()
      }}
      onSubmit={(form) => saving.mutate(form)}
      actions={
        <Button variant="default" loading={trial.isPending} onClick={() => trial.mutate(typed)}>
          Test
        </Button>
      }
    >
      <Stack mt="md" gap="xs">
        {trial.isSuccess && (
          <Alert role="status" color="green" icon={<IconCheck aria-hidden />} title="The storage could be listed" />
        )}
        {trial.error !== null && <Failure title="The storage could not be listed" error={trial.error} />}
        {saving.error !== null && <Failure title="This was not saved" error={saving.error} />}
      </Stack>
    </SchemaForm>
  )
}

function formSchemaOf(storage: Schema<'StorageProvider'>, vendor: string | undefined): object {
  return {
    type: 'object',
    required: ['name', 'target_path'],
    properties: {
      name: { type: 'string', title: 'Name', minLength: 1 },
      configuration: { ...storageSchema(storage, vendor), title: `Options of ${storage.name}` },
      source_path: { type: 'string', title: 'Folder there', description: 'Such as BUCKET/folder. Empty: all of it.' },
      target_path: {
        type: 'string',
        title: 'Mounted at',
        minLength: 1,
        description: 'The folder that sessions see it in.',
      },
      readonly: { type: 'boolean', title: 'To be read only' },
    },
  }
}
