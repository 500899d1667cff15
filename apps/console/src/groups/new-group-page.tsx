import { Button, Group, Stack, Textarea, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, invalidate } from '../api/index.ts'
import { Failure, fieldProblems, Page, slugFrom, slugProblem, useLeaveGuard } from '../ui/index.ts'

interface Typed {
  readonly name: string
  readonly description: string
  /** Missing: made of the name. */
  readonly slug?: string
}

const nothing: Typed = { name: '', description: '' }

export function NewGroupPage() {
  const navigate = useNavigate()
  const [typed, setTyped] = useState(nothing)
  const { name, description } = typed
  const slug = typed.slug ?? slugFrom(name)
  const create = useMutation({
    mutationFn: async () =>
      await api.post('/api/data/groups', {
        body: { name: name.trim(), slug, ...(description.trim() === '' ? {} : { description: description.trim() }) },
      }),
    meta: { showsFailure: true },
    onSuccess: async (group) => {
      await invalidate('/api/data/groups', '/api/data/search/query', '/api/data/namespaces')
      await navigate({ to: '/groups/$group/members', params: { group: group.slug }, ignoreBlocker: true })
    },
  })
  useLeaveGuard(typed !== nothing && !create.isSuccess)
  const problems = fieldProblems(create.error)
  const set = (change: Partial<Typed>) => {
    create.reset()
    setTyped((before) => ({ ...before, ...change }))
  }
  return (
    <Page title="New group" above={[{ label: 'Groups', link: { to: '/groups' } }]}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (slugProblem(slug) === undefined) create.mutate()
        }}
      >
        <Stack gap="md" maw={560}>
          <TextInput
            label="Name"
            required
            data-autofocus
            maxLength={99}
            value={name}
            error={problems.name}
            onChange={({ currentTarget }) => set({ name: currentTarget.value })}
          />
          <TextInput
            label="Slug"
            description="Its address. No other group and no person may have it."
            required
            maxLength={99}
            value={slug}
            error={(typed.slug === undefined && name === '' ? undefined : slugProblem(slug)) ?? problems.slug}
            onChange={({ currentTarget }) => set({ slug: currentTarget.value })}
          />
          <Textarea
            label="Description"
            autosize
            minRows={2}
            maxLength={500}
            value={description}
            error={problems.description}
            onChange={({ currentTarget }) => set({ description: currentTarget.value })}
          />
          {create.error !== null && Object.keys(problems).length === 0 && <Failure error={create.error} />}
          <Group>
            <Button type="submit" disabled={name.trim() === ''} loading={create.isPending}>
              Create the group
            </Button>
            <Button variant="default" renderRoot={(props) => <Link {...props} to="/groups" />}>
              Cancel
            </Button>
          </Group>
        </Stack>
      </form>
    </Page>
  )
}
