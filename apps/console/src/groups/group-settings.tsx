import { Alert, Button, Code, Group, Stack, Text, Textarea, TextInput } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { api, invalidate, queryClient } from '../api/index.ts'
import { Failure, fieldProblems, Panel, slugProblem, useEdited, useLeaveGuard } from '../ui/index.ts'
import { type Group as GroupOfPeople, groupQuery, useGroup } from './use-group.ts'

const fieldsOf = ({ name, slug, description = '' }: GroupOfPeople) => ({ name, slug, description })

export function GroupSettings() {
  const group = useGroup()
  const navigate = useNavigate()
  const form = useEdited(fieldsOf(group))
  const save = useMutation({
    // Only what was changed, so that others' changes of the rest stay.
    mutationFn: async () =>
      await api.patch('/api/data/groups/{slug}', { params: { path: { slug: group.slug } }, body: form.changes }),
    meta: { showsFailure: true },
    onSuccess: async (saved) => {
      form.rebase(fieldsOf(saved))
      queryClient.setQueryData(groupQuery(saved.slug).queryKey, saved)
      notifications.show({ message: 'Saved.' })
      if (saved.slug !== group.slug) {
        const params = { group: saved.slug }
        await navigate({ to: '/groups/$group/settings', params, replace: true, ignoreBlocker: true })
      }
      await invalidate(
        ...(['/api/data/groups', '/api/data/groups/{slug}', '/api/data/namespaces'] as const),
        ...(['/api/data/search/query', '/api/groups/{group}/audit', '/api/data/projects'] as const),
        '/api/data/namespaces/{namespace}/projects/{slug}',
      )
    },
  })
  useLeaveGuard(form.hasChanges)
  const problems = fieldProblems(save.error)
  const { name, slug, description } = form.values
  return (
    <Panel title="What it is">
      <form
        aria-label="What the group is"
        onSubmit={(event) => {
          event.preventDefault()
          if (form.hasChanges && slugProblem(slug) === undefined) save.mutate()
        }}
      >
        <Stack gap="md">
          <TextInput
            label="Name"
            required
            maxLength={99}
            value={name}
            error={problems.name}
            onChange={({ currentTarget }) => form.set({ name: currentTarget.value })}
          />
          <TextInput
            label="Slug"
            description="The address of the group, and the first part of the address of each of its projects."
            required
            maxLength={99}
            value={slug}
            error={slugProblem(slug) ?? problems.slug}
            onChange={({ currentTarget }) => form.set({ slug: currentTarget.value })}
          />
          {slug !== group.slug && (
            <Alert color="yellow" title="What changes with it">
              <Text size="sm">
                All of its projects get new addresses below <Code>{slug}</Code>. The former ones lead on, until somebody
                takes <Code>{group.slug}</Code>. Programs that write should use the new ones.
              </Text>
            </Alert>
          )}
          <Textarea
            label="Description"
            autosize
            minRows={2}
            maxLength={500}
            value={description}
            error={problems.description}
            onChange={({ currentTarget }) => form.set({ description: currentTarget.value })}
          />
          {save.error !== null && Object.keys(problems).length === 0 && (
            <Failure error={save.error} title="This was not saved" />
          )}
          <Group>
            <Button type="submit" disabled={!form.hasChanges} loading={save.isPending}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  )
}
