import { Code, Group, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { api, apiPage, invalidate, type Schema } from '../api/index.ts'
import { DataTable, EmptyState, Loaded, Pager, RemoveButton } from '../ui/index.ts'
import { FormButton } from '../ui/schema-form/index.ts'

const target = { type: 'string', title: 'Leads to', minLength: 1, description: 'An address here, or elsewhere.' }
const newSchema = {
  type: 'object',
  required: ['source_url', 'target_url'],
  properties: {
    source_url: { type: 'string', title: 'Former address', minLength: 1, description: 'Such as /old/project.' },
    target_url: target,
  },
}
const editSchema = { type: 'object', required: ['target_url'], properties: { target_url: target } }

/** Former addresses that still lead somewhere. */
export function Redirects() {
  const { page = 1 } = useSearch({ from: '/shell/admin/platform' })
  const redirects = useQuery(apiPage('/api/data/platform/redirects', { params: { query: { page, per_page: 50 } } }))
  return (
    <section aria-labelledby="redirects">
      <Group justify="space-between" mb="xs">
        <Title order={2} id="redirects">
          Redirects
        </Title>
        <FormButton<{ source_url: string; target_url: string }>
          size="xs"
          title="New redirect"
          schema={newSchema}
          submitLabel="Redirect"
          save={async (body) => {
            await api.post('/api/data/platform/redirects', { body })
            await invalidate('/api/data/platform/redirects')
          }}
        >
          New redirect
        </FormButton>
      </Group>
      <Loaded query={redirects}>
        {({ items, totalPages, total }) =>
          items.length === 0 ? (
            <EmptyState title="No redirects">A redirect leads from where something was to where it is now.</EmptyState>
          ) : (
            <>
              <DataTable
                label="Redirects"
                rows={items}
                rowKey={({ source_url }) => source_url}
                columns={[
                  { title: 'From', cell: ({ source_url }) => <Code>{source_url}</Code> },
                  {
                    title: 'To',
                    cell: ({ target_url }) => (
                      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                        {target_url}
                      </Text>
                    ),
                  },
                  { title: 'Actions', align: 'right', cell: (redirect) => <RedirectActions redirect={redirect} /> },
                ]}
              />
              <Pager page={page} totalPages={totalPages} total={total} of="redirects" />
            </>
          )
        }
      </Loaded>
    </section>
  )
}

function RedirectActions({ redirect }: { readonly redirect: Schema<'RedirectPlan'> }) {
  const { source_url, target_url, etag } = redirect
  const params = { path: { source_url }, header: { 'If-Match': etag } }
  const reread = async () => await invalidate('/api/data/platform/redirects')
  return (
    <Group gap={4} justify="flex-end" wrap="nowrap">
      <FormButton<{ target_url: string }>
        size="compact-sm"
        variant="default"
        title={`Change the redirect of ${source_url}`}
        schema={editSchema}
        value={{ target_url }}
        submitLabel="Save"
        readAgain={reread}
        save={async (body) => {
          await api.patch('/api/data/platform/redirects/{source_url}', { params, body })
          await reread()
        }}
      >
        Change
      </FormButton>
      <RemoveButton
        title={`Remove the redirect of ${source_url}`}
        text="The former address then leads nowhere."
        onRemove={async () => {
          await api.delete('/api/data/platform/redirects/{source_url}', { params })
          await reread()
        }}
      />
    </Group>
  )
}
