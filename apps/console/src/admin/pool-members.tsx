import { Badge, Group, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { api, apiPage, invalidate, type Schema } from '../api/index.ts'
import { DataTable, EmptyState, Loaded, Pager, RemoveButton } from '../ui/index.ts'
import { FormButton } from '../ui/schema-form/index.ts'
import { findMember } from './find-member.ts'

type Member = Schema<'PoolMember'>

const schema = {
  type: 'object',
  required: ['who'],
  properties: {
    who: {
      type: 'string',
      title: 'Who',
      minLength: 1,
      description: 'The e-mail address of a person, the slug of a group, or NAMESPACE/PROJECT.',
    },
    is_prohibited: {
      type: 'boolean',
      title: 'May not use it',
      description: 'For persons: closes a pool that is for everybody.',
    },
  },
}

/** Who may use a resource pool. */
export function PoolMembers({ pool }: { readonly pool: Schema<'ResourcePool'> }) {
  const { page = 1 } = useSearch({ from: '/shell/admin/compute/$pool' })
  const params = { path: { pool_id: pool.id } }
  const members = useQuery(
    apiPage('/api/data/resource_pools/{pool_id}/members', {
      params: { ...params, query: { page, per_page: 50 } },
    }),
  )
  return (
    <section aria-label="Members">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          Members
        </Title>
        <FormButton<{ who: string; is_prohibited?: boolean }>
          size="xs"
          title="Add a member"
          schema={schema}
          submitLabel="Add"
          save={async ({ who, is_prohibited = false }) => {
            const member = await findMember(who.trim(), is_prohibited)
            await api.post('/api/data/resource_pools/{pool_id}/members', { params, body: [member] })
            await invalidate('/api/data/resource_pools/{pool_id}/members')
          }}
        >
          Add a member
        </FormButton>
      </Group>
      <Loaded query={members}>
        {({ items, totalPages, total }) =>
          items.length === 0 ? (
            <EmptyState title="No members">
              {pool.public
                ? 'Everybody may use this pool. A person can be kept out of it as a member who may not use it.'
                : 'Nobody but administrators may use this pool until it has members or is for everybody.'}
            </EmptyState>
          ) : (
            <>
              <DataTable
                label="Members"
                rows={items}
                rowKey={({ member_type, id }) => `${member_type}:${id}`}
                columns={[
                  { title: 'Who', cell: (member) => <Text size="sm">{memberText(member)}</Text> },
                  { title: 'Kind', cell: ({ member_type }) => member_type },
                  {
                    title: 'May use it',
                    cell: ({ role }) =>
                      role === 'prohibited' ? (
                        <Badge color="red" variant="light">
                          no
                        </Badge>
                      ) : (
                        <Badge color="green" variant="light">
                          yes
                        </Badge>
                      ),
                  },
                  {
                    title: 'Actions',
                    align: 'right',
                    cell: (member) => (
                      <RemoveButton
                        title={`Remove ${memberText(member)}`}
                        text="What it may do with this pool is then what everybody may."
                        onRemove={async () => {
                          await api.delete('/api/data/resource_pools/{pool_id}/members/{member_type}/{member_id}', {
                            params: {
                              path: { pool_id: pool.id, member_type: member.member_type, member_id: member.id },
                            },
                          })
                          await invalidate('/api/data/resource_pools/{pool_id}/members')
                        }}
                      />
                    ),
                  },
                ]}
              />
              <Pager page={page} totalPages={totalPages} total={total} of="members" />
            </>
          )
        }
      </Loaded>
    </section>
  )
}

function memberText({ email, slug, namespace, name, id }: Member): string {
  return email ?? namespace ?? slug ?? name ?? id
}
