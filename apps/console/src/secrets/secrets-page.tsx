import { Anchor, Badge, Code, Group, NativeSelect, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { api, apiPage, invalidate, type Schema, useUser } from '../api/index.ts'
import { DataTable, EmptyState, endOfDay, Loaded, Moment, Page, Pager, RemoveButton } from '../ui/index.ts'
import { FormButton } from '../ui/schema-form/index.ts'
import { dayOf, Expiry } from './expiry-text.tsx'
import { SharedSecrets } from './shared-secrets.tsx'

type Secret = Schema<'UserSecret'>
type SecretForm = {
  name: string
  value: string
  kind?: 'general' | 'storage'
  default_filename?: string
  expires_on?: string
}

const value = { type: 'string', title: 'Value', minLength: 1, writeOnly: true, 'x-multiline': true }
const expires_on = { type: 'string', format: 'date', title: 'Good until', description: 'Empty: it does not expire.' }
const filename = { type: 'string', title: 'File', description: 'What sessions call it. Empty: made of the name.' }
const name = { type: 'string', title: 'Name', minLength: 1 }
const newSchema = {
  type: 'object',
  required: ['name', 'value'],
  properties: {
    name,
    value: { ...value, description: 'Sealed when it is saved, and never shown again.' },
    kind: { type: 'string', title: 'Kind', enum: ['general', 'storage'], default: 'general' },
    default_filename: filename,
    expires_on,
  },
}
const editSchema = {
  type: 'object',
  required: ['name'],
  properties: {
    name,
    value: { ...value, title: 'New value', description: 'Empty: the value stays.' },
    default_filename: filename,
    expires_on,
  },
}

/** Secrets of the person, and where other secrets stand. */
export function SecretsPage() {
  const { page = 1, kind } = useSearch({ from: '/shell/secrets' })
  const navigate = useNavigate()
  const { is_admin } = useUser()
  const secrets = useQuery(
    apiPage('/api/data/user/secrets', {
      params: { query: { page, per_page: 50, ...(kind === undefined ? {} : { kind }) } },
    }),
  )
  const create = async ({ expires_on: day, ...body }: SecretForm) => {
    await api.post('/api/data/user/secrets', {
      body: { ...body, ...(day === undefined ? {} : { expiration_timestamp: endOfDay(day) }) },
    })
    await invalidate('/api/data/user/secrets')
  }
  const newSecret = (
    <FormButton<SecretForm> title="New secret" schema={newSchema} submitLabel="Keep the secret" save={create}>
      New secret
    </FormButton>
  )
  return (
    <Page
      title="Secrets"
      about="Your own secrets, for your sessions and your data. Nobody else gets them."
      actions={newSecret}
    >
      <Stack gap="xl">
        <section aria-labelledby="mine">
          <Group justify="space-between" mb="xs">
            <Title order={2} id="mine">
              Yours
            </Title>
            <NativeSelect
              size="xs"
              aria-label="Kind"
              data={[
                { value: '', label: 'every kind' },
                { value: 'general', label: 'general' },
                { value: 'storage', label: 'of data connectors' },
              ]}
              value={kind ?? ''}
              onChange={({ currentTarget: { value: next } }) =>
                void navigate({
                  to: '/secrets',
                  search: next === 'general' || next === 'storage' ? { kind: next } : {},
                })
              }
            />
          </Group>
          <Loaded query={secrets}>
            {({ items, totalPages, total }) =>
              items.length === 0 ? (
                <EmptyState title="No secrets" action={newSecret}>
                  A secret is sealed when it is saved; it can be replaced or removed, and is never shown again.
                </EmptyState>
              ) : (
                <>
                  <DataTable label="Your secrets" rows={items} rowKey={({ id }) => id} columns={columns} />
                  <Pager page={page} totalPages={totalPages} total={total} of="secrets" />
                </>
              )
            }
          </Loaded>
        </section>
        <SharedSecrets />
        {is_admin && (
          <Text size="sm">
            <Anchor component={Link} to="/admin/secrets" size="sm">
              Secrets of the platform, for tasks of every project
            </Anchor>
          </Text>
        )}
      </Stack>
    </Page>
  )
}

const columns = [
  { title: 'Name', cell: (secret: Secret) => <Text size="sm">{secret.name}</Text> },
  {
    title: 'Kind',
    isSecondary: true,
    cell: (secret: Secret) => (
      <Badge variant="default">{secret.kind === 'storage' ? 'data connector' : 'general'}</Badge>
    ),
  },
  { title: 'File', isSecondary: true, cell: (secret: Secret) => <Code>{secret.default_filename}</Code> },
  { title: 'Used by', isSecondary: true, cell: (secret: Secret) => usesText(secret) },
  { title: 'Expires', cell: (secret: Secret) => <Expiry at={secret.expiration_timestamp} /> },
  {
    title: 'Changed',
    align: 'right' as const,
    isSecondary: true,
    cell: (secret: Secret) => <Moment at={secret.modification_date} />,
  },
  { title: 'Actions', align: 'right' as const, cell: (secret: Secret) => <SecretActions secret={secret} /> },
]

function usesText({ session_secret_slot_ids: slots, data_connector_ids: connectors }: Secret): string {
  const count = (amount: number, one: string) => `${amount} ${one}${amount === 1 ? '' : 's'}`
  const uses = [
    ...(slots.length > 0 ? [count(slots.length, 'slot')] : []),
    ...(connectors.length > 0 ? [count(connectors.length, 'data connector')] : []),
  ]
  return uses.join(', ') || 'nothing'
}

function SecretActions({ secret }: { readonly secret: Secret }) {
  const day = dayOf(secret.expiration_timestamp)
  const params = { path: { id: secret.id } }
  return (
    <Group gap={4} justify="flex-end" wrap="nowrap">
      <FormButton<Partial<SecretForm>>
        size="compact-sm"
        variant="default"
        title={`Change ${secret.name}`}
        schema={editSchema}
        value={{
          name: secret.name,
          default_filename: secret.default_filename,
          ...(day === undefined ? {} : { expires_on: day }),
        }}
        submitLabel="Save"
        save={async ({ expires_on: next, ...body }) => {
          const kept = next === undefined ? null : next === day ? secret.expiration_timestamp : endOfDay(next)
          await api.patch('/api/data/user/secrets/{id}', { params, body: { ...body, expiration_timestamp: kept } })
          await invalidate('/api/data/user/secrets')
        }}
      >
        Change
      </FormButton>
      <RemoveButton
        title={`Remove ${secret.name}`}
        text={`It is taken out of wherever it is used (${usesText(secret)}). Its value cannot be brought back.`}
        onRemove={async () => {
          await api.delete('/api/data/user/secrets/{id}', { params })
          await invalidate('/api/data/user/secrets', '/api/data/projects/{id}/session_secrets')
        }}
      />
    </Group>
  )
}
