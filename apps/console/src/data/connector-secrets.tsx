import { Badge, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api, apiQuery, invalidate, type Schema } from '../api/index.ts'
import { RemoveButton } from '../ui/index.ts'
import { FormButton } from '../ui/schema-form/index.ts'

/** Values of the person for what the data connector leaves out because it is secret. */
export function ConnectorSecrets({ connector }: { readonly connector: Schema<'DataConnector'> }) {
  const { id, name, storage } = connector
  const fields = storage.sensitive_fields
  const params = { path: { data_connector_id: id } }
  const saved = useQuery({
    ...apiQuery('/api/data/data_connectors/{data_connector_id}/secrets', { params }),
    enabled: fields.length > 0,
  })
  if (fields.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        needs none
      </Text>
    )
  }
  const missing = fields.filter((field) => !saved.data?.some((one) => one.name === field.name))
  const reread = async () =>
    await invalidate('/api/data/data_connectors/{data_connector_id}/secrets', '/api/data/user/secrets')
  return (
    <Group gap={4} wrap="nowrap">
      <Badge color={missing.length === 0 ? 'green' : 'orange'} variant="light" miw="max-content">
        {missing.length === 0 ? 'given' : `${missing.length} missing`}
      </Badge>
      <FormButton<Record<string, string>>
        size="compact-sm"
        variant="default"
        title={`Give secrets for ${name}`}
        about="They are sealed as secrets of yours: only your sessions get them. Empty fields stay as they are."
        schema={{
          type: 'object',
          properties: Object.fromEntries(
            fields.map((field) => [
              field.name,
              { type: 'string', title: field.name, description: field.help, writeOnly: true },
            ]),
          ),
        }}
        submitLabel="Keep them"
        save={async (given) => {
          const body = Object.entries(given).map(([field, value]) => ({ name: field, value }))
          await api.patch('/api/data/data_connectors/{data_connector_id}/secrets', { params, body })
          await reread()
        }}
      >
        Give
      </FormButton>
      {missing.length < fields.length && (
        <RemoveButton
          title={`Take off your secrets of ${name}`}
          text="Your sessions can mount it no longer until you give them again."
          action="Take off"
          onRemove={async () => {
            await api.delete('/api/data/data_connectors/{data_connector_id}/secrets', { params })
            await reread()
          }}
        />
      )}
    </Group>
  )
}
