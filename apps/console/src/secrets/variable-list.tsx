import { Code, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { api, apiPage, invalidate, type Schema } from '../api/index.ts'
import { DataTable, EmptyState, Loaded, Pager, RemoveButton } from '../ui/index.ts'
import { FormButton } from '../ui/schema-form/index.ts'
import { variableText, variableValue } from './variable-value.ts'

export type VariablePlace = { readonly kind: 'project'; readonly id: string } | { readonly kind: 'platform' }

interface VariableListProps {
  readonly place: VariablePlace
  readonly mayWrite: boolean
}

type VariableForm = { readonly name: string; readonly value?: string }

const value = {
  type: 'string',
  title: 'Value',
  'x-multiline': true,
  description: 'JSON, such as 3, true, "text" or {"key": 1}. What is no JSON is taken as text.',
}
const newSchema = {
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string', title: 'Name', minLength: 1 }, value },
}
const editSchema = { type: 'object', properties: { value } }

/** Settings that workflows read by name when their runs are made. */
export function VariableList({ place, mayWrite }: VariableListProps) {
  const { page = 1 } = useSearch({ strict: false }) as { page?: number }
  const path = listPath(place)
  const variables = useQuery(apiPage(path, { params: { path: keysOf(place), query: { page, per_page: 50 } } }))
  const save = async ({ name, value: typed = '' }: VariableForm) => {
    await api.put(`${path}/{variable}`, {
      params: { path: { ...keysOf(place), variable: name } },
      body: { value: variableValue(typed) as never },
    })
    await invalidate(path)
  }
  const newVariable = mayWrite && (
    <FormButton<VariableForm> title="New variable" schema={newSchema} submitLabel="Set the variable" save={save}>
      New variable
    </FormButton>
  )
  return (
    <Stack gap="sm">
      <Group justify="space-between" align="flex-start">
        <Text size="sm" c="dimmed" maw={720}>
          Values that {place.kind === 'platform' ? 'every workflow' : 'workflows of this project'} may read, for runs
          that are made from now on. Everybody who sees a run may see them: what is secret belongs to the secrets.
        </Text>
        {(variables.data?.items.length ?? 0) > 0 && newVariable}
      </Group>
      <Loaded query={variables}>
        {({ items, totalPages, total }) =>
          items.length === 0 ? (
            <EmptyState title="No variables yet" action={newVariable}>
              A variable holds what differs between places and changes without a new version of the workflow.
            </EmptyState>
          ) : (
            <>
              <DataTable
                label="Variables"
                rows={items}
                rowKey={({ name }) => name}
                columns={[
                  { title: 'Name', cell: ({ name }) => <Code>{name}</Code> },
                  {
                    title: 'Value',
                    cell: (variable) => (
                      <Text size="sm" ff="monospace" lineClamp={3} style={{ overflowWrap: 'anywhere' }}>
                        {JSON.stringify(variable.value)}
                      </Text>
                    ),
                  },
                  ...(mayWrite
                    ? [
                        {
                          title: 'Actions',
                          align: 'right' as const,
                          cell: ({ name, value: now }: Schema<'Variable'>) => (
                            <Group gap={4} justify="flex-end" wrap="nowrap">
                              <FormButton<{ value?: string }>
                                size="compact-sm"
                                variant="default"
                                title={`Change the variable ${name}`}
                                schema={editSchema}
                                value={{ value: variableText(now) }}
                                submitLabel="Save"
                                save={async (form) => await save({ name, ...form })}
                              >
                                Change
                              </FormButton>
                              <RemoveButton
                                title={`Remove the variable ${name}`}
                                text="Runs that are made from now on do not have it; those that were made keep what they read."
                                onRemove={async () => {
                                  await api.delete(`${path}/{variable}`, {
                                    params: { path: { ...keysOf(place), variable: name } },
                                  })
                                  await invalidate(path)
                                }}
                              />
                            </Group>
                          ),
                        },
                      ]
                    : []),
                ]}
              />
              <Pager page={page} totalPages={totalPages} total={total} of="variables" />
            </>
          )
        }
      </Loaded>
    </Stack>
  )
}

const ofProject = '/api/projects/{id}/variables'

/** Those of the platform have the same routes; they are typed as those of a project. */
function listPath({ kind }: VariablePlace): typeof ofProject {
  return kind === 'project' ? ofProject : ('/api/variables' as typeof ofProject)
}

function keysOf(place: VariablePlace): { id: string } {
  return place.kind === 'project' ? { id: place.id } : ({} as { id: string })
}
