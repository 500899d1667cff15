import { Anchor, Badge, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useSearch } from '@tanstack/react-router'
import { api, apiPage, invalidate, type Schema } from '../api/index.ts'
import { DataTable, EmptyState, Loaded, Pager } from '../ui/index.ts'
import { FormButton } from '../ui/schema-form/index.ts'
import { classBody, classText } from './class-schema.ts'
import { firstClass, newPoolSchema, type PoolForm } from './pool-schema.ts'

/** Resource pools: where sessions run, for whom, and in which sizes. */
export function ComputePage() {
  const { page = 1 } = useSearch({ from: '/shell/admin/compute' })
  const pools = useQuery(apiPage('/api/data/resource_pools', { params: { query: { page, per_page: 50 } } }))
  const create = async ({ classes = [], public: isPublic = false, default: isDefault = false, ...rest }: PoolForm) => {
    const body = { ...rest, public: isPublic, default: isDefault, classes: classes.map(classBody) }
    await api.post('/api/data/resource_pools', { body })
    await invalidate('/api/data/resource_pools')
  }
  const newPool = (
    <FormButton<PoolForm>
      title="New resource pool"
      schema={newPoolSchema}
      value={{ name: '', classes: [firstClass] }}
      submitLabel="Make the pool"
      save={create}
    >
      New resource pool
    </FormButton>
  )
  return (
    <Stack>
      <Group justify="space-between" align="flex-start">
        <Text size="sm" c="dimmed" maw={720}>
          A resource pool says where sessions run and who may use it; its classes are the sizes that people choose from.
          Slots for task runs are another thing: they stand with the queues.
        </Text>
        {newPool}
      </Group>
      <Loaded query={pools}>
        {({ items, totalPages, total }) =>
          items.length === 0 ? (
            <EmptyState title="No resource pools yet" action={newPool}>
              Session launchers have no sizes to choose from until there is one.
            </EmptyState>
          ) : (
            <>
              <DataTable
                label="Resource pools"
                rows={items}
                rowKey={({ id }) => id}
                columns={[
                  {
                    title: 'Pool',
                    cell: ({ id, name }) => (
                      <Anchor
                        size="sm"
                        renderRoot={(props) => <Link {...props} to="/admin/compute/$pool" params={{ pool: `${id}` }} />}
                      >
                        {name}
                      </Anchor>
                    ),
                  },
                  { title: 'For', cell: (pool) => <PoolMarks pool={pool} /> },
                  {
                    title: 'Classes',
                    isSecondary: true,
                    cell: ({ classes }) => (
                      <Text size="sm">
                        {classes.map((one) => `${one.name} (${classText(one)})`).join('; ') || 'none'}
                      </Text>
                    ),
                  },
                  {
                    title: 'Quota',
                    isSecondary: true,
                    cell: ({ quota }) => (quota === undefined ? 'none' : classText(quota)),
                  },
                ]}
              />
              <Pager page={page} totalPages={totalPages} total={total} of="resource pools" />
            </>
          )
        }
      </Loaded>
    </Stack>
  )
}

export function PoolMarks({ pool }: { readonly pool: Pick<Schema<'ResourcePool'>, 'public' | 'default' | 'remote'> }) {
  return (
    <Group gap={4}>
      <Badge variant="default">{pool.public ? 'everybody' : 'members'}</Badge>
      {pool.default && <Badge variant="light">by default</Badge>}
      {pool.remote !== undefined && <Badge variant="default">elsewhere: {pool.remote.kind}</Badge>}
    </Group>
  )
}
