import { Stack, Text, Title } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { api, apiQuery, invalidate } from '../api/index.ts'
import { AddMember, type Member, MemberTable, type Role } from '../members/index.ts'
import { Loaded } from '../ui/index.ts'
import { InheritedMembers } from './inherited-members.tsx'
import { usePermissions } from './use-permissions.ts'
import { useProject } from './use-project.ts'

export function ProjectMembersPage() {
  const { id, name } = useProject()
  const { change_membership: mayChange } = usePermissions()
  const path = { project_id: id }
  const members = useQuery(apiQuery('/api/data/projects/{project_id}/members', { params: { path } }))
  const onSettled = async () =>
    await invalidate(
      '/api/data/projects/{project_id}/members',
      '/api/data/projects/{project_id}/permissions',
      '/api/projects/{project_id}/audit',
    )
  const put = async (body: { readonly id: string; readonly role: Role }) =>
    await api.patch('/api/data/projects/{project_id}/members', { params: { path }, body: [body] })
  const setRole = useMutation({ mutationFn: put, onSettled })
  const add = useMutation({ mutationFn: put, meta: { showsFailure: true }, onSettled })
  const remove = useMutation({
    mutationFn: async (member: Member) =>
      await api.delete('/api/data/projects/{project_id}/members/{member_id}', {
        params: { path: { ...path, member_id: member.id } },
      }),
    onSettled,
  })
  return (
    <Stack gap="lg">
      <Stack gap="sm">
        <Title order={2}>Of this project</Title>
        <Loaded query={members}>
          {(found) => (
            <>
              {mayChange && (
                <AddMember
                  kind="project"
                  taken={found.map((member) => member.id)}
                  onAdd={async (person, role) => await add.mutateAsync({ id: person.id, role })}
                />
              )}
              <MemberTable
                label="Members of this project"
                of={`the project ${name}`}
                members={found}
                {...(mayChange
                  ? {
                      onRole: async (member: Member, role: Role) => await setRole.mutateAsync({ id: member.id, role }),
                      onRemove: async (member: Member) => await remove.mutateAsync(member),
                    }
                  : {})}
              />
            </>
          )}
        </Loaded>
        {!mayChange && (
          <Text size="sm" c="dimmed">
            Owners of the project add and remove members.
          </Text>
        )}
      </Stack>
      <InheritedMembers />
    </Stack>
  )
}
