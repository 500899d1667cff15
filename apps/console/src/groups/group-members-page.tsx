import { Stack, Text } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { api, apiQuery, invalidate } from '../api/index.ts'
import { AddMember, type Member, MemberTable, type Role } from '../members/index.ts'
import { Loaded } from '../ui/index.ts'
import { useGroup, useGroupPermissions } from './use-group.ts'

export function GroupMembersPage() {
  const { slug, name } = useGroup()
  const { change_membership: mayChange } = useGroupPermissions()
  const path = { slug }
  const members = useQuery(apiQuery('/api/data/groups/{slug}/members', { params: { path } }))
  const onSettled = async () =>
    await invalidate(
      '/api/data/groups/{slug}/members',
      '/api/data/groups/{slug}/permissions',
      '/api/data/projects/{project_id}/permissions',
      '/api/groups/{group}/audit',
    )
  const put = async (body: { readonly id: string; readonly role: Role }) =>
    await api.patch('/api/data/groups/{slug}/members', { params: { path }, body: [body] })
  const setRole = useMutation({ mutationFn: put, onSettled })
  const add = useMutation({ mutationFn: put, meta: { showsFailure: true }, onSettled })
  const remove = useMutation({
    mutationFn: async ({ id }: Member) =>
      await api.delete('/api/data/groups/{slug}/members/{user_id}', { params: { path: { ...path, user_id: id } } }),
    onSettled,
  })
  return (
    <Stack gap="sm">
      <Loaded query={members}>
        {(found) => (
          <>
            {mayChange && (
              <AddMember
                kind="group"
                taken={found.map(({ id }) => id)}
                onAdd={async ({ id }, role) => await add.mutateAsync({ id, role })}
              />
            )}
            <MemberTable
              label="Members of the group"
              of={`the group ${name}`}
              members={found}
              {...(mayChange
                ? {
                    onRole: async ({ id }: Member, role: Role) => await setRole.mutateAsync({ id, role }),
                    onRemove: async (member: Member) => await remove.mutateAsync(member),
                  }
                : {})}
            />
          </>
        )}
      </Loaded>
      {!mayChange && (
        <Text size="sm" c="dimmed">
          Owners of the group add and remove members.
        </Text>
      )}
    </Stack>
  )
}
