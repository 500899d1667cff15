import { Badge, Code, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { api, apiPage, invalidate } from '../api/index.ts'
import { CopyText, DataTable, EmptyState, Loaded, Pager, RemoveButton } from '../ui/index.ts'
import { FormButton } from '../ui/schema-form/index.ts'
import { editProviderSchema, newProviderSchema, type Provider, type ProviderForm } from './provider-schema.ts'

/** Services that people can connect, for administrators. */
export function ProviderList() {
  const { page = 1 } = useSearch({ from: '/shell/admin/services' })
  const providers = useQuery(apiPage('/api/data/oauth2/providers', { params: { query: { page, per_page: 50 } } }))
  const callback = `${location.origin}/api/data/oauth2/callback`
  const newProvider = (
    <FormButton<ProviderForm>
      title="New service"
      about={
        <>
          Register an application at the service first, with the address to come back to <Code>{callback}</Code>
        </>
      }
      schema={newProviderSchema}
      submitLabel="Add the service"
      save={async ({ id = '', ...rest }) => {
        await api.post('/api/data/oauth2/providers', { body: { id, ...rest } })
        await invalidate('/api/data/oauth2/providers')
      }}
    >
      New service
    </FormButton>
  )
  return (
    <Stack>
      <Group justify="space-between" align="flex-start">
        <Group gap={4}>
          <Text size="sm" c="dimmed">
            Services such as GitLab that people connect. They send people back to{' '}
            <Code style={{ overflowWrap: 'anywhere' }}>{callback}</Code>
          </Text>
          <CopyText value={callback} label="Copy the address to come back to" />
        </Group>
        {(providers.data?.items.length ?? 0) > 0 && newProvider}
      </Group>
      <Loaded query={providers}>
        {({ items, totalPages, total }) =>
          items.length === 0 ? (
            <EmptyState title="No services yet" action={newProvider}>
              Without one, only public repositories can be read.
            </EmptyState>
          ) : (
            <>
              <DataTable
                label="Services"
                rows={items}
                rowKey={({ id }) => id}
                columns={[
                  {
                    title: 'Service',
                    cell: ({ display_name, id }) => (
                      <>
                        <Text size="sm">{display_name}</Text>
                        <Text size="xs" c="dimmed">
                          {id}
                        </Text>
                      </>
                    ),
                  },
                  { title: 'Kind', cell: ({ kind }) => <Badge variant="default">{kind}</Badge> },
                  { title: 'Address', isSecondary: true, cell: ({ url }) => url },
                  { title: 'Scope', isSecondary: true, cell: ({ scope }) => scope },
                  { title: 'Actions', align: 'right', cell: (provider) => <ProviderActions provider={provider} /> },
                ]}
              />
              <Pager page={page} totalPages={totalPages} total={total} of="services" />
            </>
          )
        }
      </Loaded>
    </Stack>
  )
}

function ProviderActions({ provider }: { readonly provider: Provider }) {
  const { id, client_secret: _redacted, ...form } = provider
  const params = { path: { provider_id: id } }
  const reread = async () =>
    await invalidate(
      '/api/data/oauth2/providers',
      '/api/data/oauth2/providers/{provider_id}',
      '/api/data/oauth2/connections',
    )
  return (
    <Group gap={4} justify="flex-end" wrap="nowrap">
      <FormButton<ProviderForm>
        size="compact-sm"
        variant="default"
        title={`Edit ${provider.display_name}`}
        about="The client secret stays where no new one is given."
        schema={editProviderSchema}
        value={form}
        submitLabel="Save"
        save={async (next) => {
          await api.patch('/api/data/oauth2/providers/{provider_id}', { params, body: next })
          await reread()
        }}
      >
        Edit
      </FormButton>
      <RemoveButton
        title={`Remove ${provider.display_name}`}
        text="Everybody who connected it is disconnected, and their tokens are forgotten."
        onRemove={async () => {
          await api.delete('/api/data/oauth2/providers/{provider_id}', { params })
          await reread()
        }}
      />
    </Group>
  )
}
