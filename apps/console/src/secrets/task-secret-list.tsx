import { Code, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { api, apiPage, invalidate, type Schema } from '../api/index.ts'
import { DataTable, EmptyState, endOfDay, Loaded, Moment, Pager, RemoveButton, UserName } from '../ui/index.ts'
import { FormButton } from '../ui/schema-form/index.ts'
import { dayOf, Expiry } from './expiry-text.tsx'
import { oneSecretPath, type SecretPlace, secretKeys, secretPath } from './place.ts'

interface TaskSecretListProps {
  readonly place: SecretPlace
  readonly mayWrite: boolean
}

type SecretForm = { name: string; value: string; description?: string; expires_on?: string }

const rest = {
  description: { type: 'string', title: 'Description', maxLength: 500 },
  expires_on: {
    type: 'string',
    format: 'date',
    title: 'Good until',
    description: 'Tasks that ask for it afterwards fail, and say so. Empty: it does not expire.',
  },
}
const value = { type: 'string', title: 'Value', minLength: 1, writeOnly: true, 'x-multiline': true }
const newSchema = {
  type: 'object',
  required: ['name', 'value'],
  properties: {
    name: {
      type: 'string',
      title: 'Name',
      minLength: 1,
      description: 'What tasks ask for it by, such as production/warehouse/loader/write.',
    },
    value: { ...value, description: 'Sealed when it is saved, and never shown again.' },
    ...rest,
  },
}
const editSchema = {
  type: 'object',
  properties: { value: { ...value, title: 'New value', description: 'Empty: the value stays.' }, ...rest },
}

/** Secrets that tasks ask for by name. Their values are written only. */
export function TaskSecretList({ place, mayWrite }: TaskSecretListProps) {
  const { page = 1 } = useSearch({ strict: false }) as { page?: number }
  const path = secretPath(place)
  const secrets = useQuery(apiPage(path, { params: { path: secretKeys(place), query: { page, per_page: 50 } } }))
  const create = async ({ expires_on, ...body }: SecretForm) => {
    await api.post(path, {
      params: { path: secretKeys(place) },
      body: { ...body, ...(expires_on === undefined ? {} : { expires_at: endOfDay(expires_on) }) },
    })
    await invalidate(path)
  }
  const newSecret = mayWrite && (
    <FormButton<SecretForm> title="New secret" schema={newSchema} submitLabel="Keep the secret" save={create}>
      New secret
    </FormButton>
  )
  return (
    <Stack gap="sm">
      <Group justify="space-between" align="flex-start">
        <Text size="sm" c="dimmed" maw={720}>
          {abouts[place.kind]} A secret of a project goes before one of the same name of its namespace, and that before
          one of the platform.
        </Text>
        {(secrets.data?.items.length ?? 0) > 0 && newSecret}
      </Group>
      <Loaded query={secrets}>
        {({ items, totalPages, total }) =>
          items.length === 0 ? (
            <EmptyState title="No secrets yet" action={newSecret}>
              A task asks for a secret by its name, <Code>ctx.secret('name')</Code>, and the value is hidden in its log.
            </EmptyState>
          ) : (
            <>
              <DataTable
                label="Secrets"
                rows={items}
                rowKey={({ id }) => id}
                columns={[
                  {
                    title: 'Name',
                    cell: ({ name, description }) => (
                      <>
                        <Code style={{ overflowWrap: 'anywhere' }}>{name}</Code>
                        {description !== undefined && (
                          <Text size="xs" c="dimmed">
                            {description}
                          </Text>
                        )}
                      </>
                    ),
                  },
                  { title: 'Expires', cell: ({ expires_at }) => <Expiry at={expires_at} /> },
                  {
                    title: 'Last used',
                    align: 'right',
                    isSecondary: true,
                    cell: ({ last_used_at }) => (last_used_at === undefined ? 'never' : <Moment at={last_used_at} />),
                  },
                  {
                    title: 'Made by',
                    isSecondary: true,
                    cell: ({ created_by }) => <UserName id={created_by} />,
                  },
                  {
                    title: 'Changed',
                    align: 'right',
                    isSecondary: true,
                    cell: (one) => <Moment at={one.updated_at} />,
                  },
                  ...(mayWrite
                    ? [
                        {
                          title: 'Actions',
                          align: 'right' as const,
                          cell: (secret: Schema<'TaskSecret'>) => <SecretActions place={place} secret={secret} />,
                        },
                      ]
                    : []),
                ]}
              />
              <Pager page={page} totalPages={totalPages} total={total} of="secrets" />
            </>
          )
        }
      </Loaded>
    </Stack>
  )
}

const abouts: Readonly<Record<SecretPlace['kind'], string>> = {
  project: 'Tasks of this project ask for these by name; so they do for secrets of its namespace and of the platform.',
  namespace: 'Tasks of every project of this namespace ask for these by name.',
  platform: 'Tasks of every project ask for these by name.',
}

function SecretActions({ place, secret }: { readonly place: SecretPlace; readonly secret: Schema<'TaskSecret'> }) {
  const { id, name, description, expires_at } = secret
  const path = { ...secretKeys(place), secret: id }
  const day = dayOf(expires_at)
  const save = async ({ value: given, description: said = '', expires_on }: Partial<SecretForm>) => {
    await api.patch(oneSecretPath(place), {
      params: { path },
      body: {
        ...(given === undefined ? {} : { value: given }),
        description: said,
        expires_at: expires_on === undefined ? null : expires_on === day ? (expires_at ?? null) : endOfDay(expires_on),
      },
    })
    await invalidate(secretPath(place))
  }
  return (
    <Group gap={4} justify="flex-end" wrap="nowrap">
      <FormButton<Partial<SecretForm>>
        size="compact-sm"
        variant="default"
        title={`Change the secret ${name}`}
        about="Attempts of tasks that begin from now on get the new value."
        schema={editSchema}
        value={{
          ...(description === undefined ? {} : { description }),
          ...(day === undefined ? {} : { expires_on: day }),
        }}
        submitLabel="Save"
        save={save}
      >
        Change
      </FormButton>
      <RemoveButton
        title={`Remove the secret ${name}`}
        text="Tasks that ask for it fail from now on. Its value cannot be brought back."
        onRemove={async () => {
          await api.delete(oneSecretPath(place), { params: { path } })
          await invalidate(secretPath(place))
        }}
      />
    </Group>
  )
}
