import { Group, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { api, apiPage, invalidate, type Schema } from '../api/index.ts'
import { DataTable, EmptyState, Loaded, Pager, RemoveButton } from '../ui/index.ts'
import { FormButton } from '../ui/schema-form/index.ts'
import { LoadBar } from './load-bar.tsx'

type Pool = Schema<'Pool'>
type PoolForm = { readonly name: string; readonly slots: number; readonly description?: string }

const fields = {
  slots: { type: 'integer', title: 'Slots', minimum: 0, description: 'How many run at once. 0: nothing more begins.' },
  description: { type: 'string', title: 'Description', description: 'What the pool spares, for others.' },
}
const newSchema = {
  type: 'object',
  required: ['name', 'slots'],
  properties: {
    name: { type: 'string', title: 'Name', minLength: 1, description: 'What tasks name it by.' },
    ...fields,
  },
}
const editSchema = { type: 'object', required: ['slots'], properties: fields }

/** Pools of slots: how many task runs may work on the same thing at once, whatever workflows they are of. */
export function SlotPools() {
  const { page = 1 } = useSearch({ from: '/shell/admin/queues' })
  const pools = useQuery(apiPage('/api/pools', { params: { query: { page, per_page: 50 } } }))
  const newPool = (
    <FormButton<PoolForm> title="New pool" schema={newSchema} submitLabel="Make the pool" save={savePool}>
      New pool
    </FormButton>
  )
  return (
    <section aria-label="Pools of slots">
      <Group justify="space-between" mb={4}>
        <Title order={2}>Pools of slots</Title>
        {newPool}
      </Group>
      <Text size="sm" c="dimmed" mb="xs">
        A pool spares what many tasks use, such as a database: no more of them run at once than it has slots.
      </Text>
      <Loaded query={pools}>
        {({ items, totalPages, total }) =>
          items.length === 0 ? (
            <EmptyState title="No pools yet">Tasks that name no pool are bounded by workers only.</EmptyState>
          ) : (
            <Stack gap="xs">
              <DataTable
                label="Pools of slots"
                rows={items}
                rowKey={({ name }) => name}
                columns={[
                  {
                    title: 'Pool',
                    cell: ({ name, description }) => (
                      <>
                        <Text size="sm">{name}</Text>
                        {description !== undefined && (
                          <Text size="xs" c="dimmed">
                            {description}
                          </Text>
                        )}
                      </>
                    ),
                  },
                  {
                    title: 'Slots used',
                    cell: ({ name, used, slots }) => <LoadBar used={used} of={slots} label={`Slots of ${name}`} />,
                  },
                  { title: 'Waiting', isSecondary: true, align: 'right', cell: ({ waiting }) => waiting },
                  { title: 'Actions', align: 'right', cell: (pool) => <PoolActions pool={pool} /> },
                ]}
              />
              <Pager page={page} totalPages={totalPages} total={total} of="pools" />
            </Stack>
          )
        }
      </Loaded>
    </section>
  )
}

function PoolActions({ pool }: { readonly pool: Pool }) {
  const { name, slots, description } = pool
  return (
    <Group gap={4} justify="flex-end" wrap="nowrap">
      <FormButton<Omit<PoolForm, 'name'>>
        size="compact-sm"
        variant="default"
        title={`Edit the pool ${name}`}
        about="Fewer slots than are used end nothing: what runs goes on, and nothing more begins until enough have ended."
        schema={editSchema}
        value={{ slots, ...(description === undefined ? {} : { description }) }}
        submitLabel="Save"
        save={async (form) => await savePool({ name, ...form })}
      >
        Edit
      </FormButton>
      <RemoveButton
        title={`Remove the pool ${name}`}
        text="Only a pool that no workflow names can be removed."
        onRemove={async () => {
          await api.delete('/api/pools/{pool}', { params: { path: { pool: name } } })
          await invalidate('/api/pools')
        }}
      />
    </Group>
  )
}

async function savePool({ name, slots, description = '' }: PoolForm): Promise<void> {
  await api.put('/api/pools/{pool}', { params: { path: { pool: name } }, body: { slots, description } })
  await invalidate('/api/pools', '/api/queues')
}
