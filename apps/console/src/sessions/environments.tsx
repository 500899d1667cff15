import { Badge, Code, Group, Switch, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { api, apiQuery, invalidate, useUser } from '../api/index.ts'
import { DataTable, EmptyState, Loaded, RemoveButton } from '../ui/index.ts'
import { FormButton } from '../ui/schema-form/index.ts'
import {
  type Environment,
  type EnvironmentForm,
  editEnvironmentSchema,
  environmentForm,
  environmentSchema,
} from './environment-schema.ts'

/** Environments for every project, which administrators edit. */
export function Environments() {
  const { archived } = useSearch({ from: '/shell/sessions' })
  const navigate = useNavigate()
  const { is_admin } = useUser()
  const environments = useQuery(
    apiQuery('/api/data/environments', {
      params: { query: { per_page: 100, ...(archived ? { include_archived: true } : {}) } },
    }),
  )
  const newEnvironment = is_admin && (
    <FormButton<EnvironmentForm>
      size="xs"
      title="New environment"
      schema={environmentSchema}
      submitLabel="Make the environment"
      save={async (body) => {
        await api.post('/api/data/environments', { body: { ...body, environment_image_source: 'image' } })
        await invalidate('/api/data/environments')
      }}
    >
      New environment
    </FormButton>
  )
  return (
    <section aria-labelledby="environments">
      <Group justify="space-between" mb="xs">
        <Title order={2} id="environments">
          Environments for every project
        </Title>
        <Group>
          {is_admin && (
            <Switch
              label="Show archived"
              checked={archived ?? false}
              onChange={({ currentTarget }) =>
                void navigate({ to: '/sessions', search: currentTarget.checked ? { archived: true } : {} })
              }
            />
          )}
          {newEnvironment}
        </Group>
      </Group>
      <Loaded query={environments}>
        {(found) =>
          found.length === 0 ? (
            <EmptyState title="No environments yet" action={newEnvironment}>
              A launcher can name a container image of its own instead.
            </EmptyState>
          ) : (
            <DataTable
              label="Environments"
              rows={found}
              rowKey={({ id }) => id}
              columns={[
                {
                  title: 'Environment',
                  cell: ({ name, description, is_archived }) => (
                    <>
                      <Group gap="xs">
                        <Text size="sm">{name}</Text>
                        {is_archived && <Badge variant="default">archived</Badge>}
                      </Group>
                      {description !== undefined && (
                        <Text size="xs" c="dimmed">
                          {description}
                        </Text>
                      )}
                    </>
                  ),
                },
                {
                  title: 'Image',
                  isSecondary: true,
                  cell: ({ container_image }) => (
                    <Code style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}>{container_image}</Code>
                  ),
                },
                ...(is_admin
                  ? [
                      {
                        title: 'Actions',
                        align: 'right' as const,
                        cell: (environment: Environment) => <EnvironmentActions environment={environment} />,
                      },
                    ]
                  : []),
              ]}
            />
          )
        }
      </Loaded>
    </section>
  )
}

function EnvironmentActions({ environment }: { readonly environment: Environment }) {
  const { id, name } = environment
  const params = { path: { environment_id: id } }
  return (
    <Group gap={4} justify="flex-end" wrap="nowrap">
      <FormButton<EnvironmentForm>
        size="compact-sm"
        variant="default"
        title={`Edit ${name}`}
        schema={editEnvironmentSchema}
        value={environmentForm(environment)}
        submitLabel="Save"
        save={async ({ description = '', is_archived = false, strip_path_prefix = false, command, args, ...body }) => {
          await api.patch('/api/data/environments/{environment_id}', {
            params,
            body: {
              ...body,
              description,
              is_archived,
              strip_path_prefix,
              command: command ?? null,
              args: args ?? null,
            },
          })
          await invalidate('/api/data/environments')
        }}
      >
        Edit
      </FormButton>
      <RemoveButton
        title={`Remove ${name}`}
        text="Only an environment that no launcher uses can be removed; archive it instead."
        onRemove={async () => {
          await api.delete('/api/data/environments/{environment_id}', { params })
          await invalidate('/api/data/environments')
        }}
      />
    </Group>
  )
}
