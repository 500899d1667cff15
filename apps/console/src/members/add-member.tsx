import { Button, Group, Loader, Paper, Select, Stack, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useMutation } from '@tanstack/react-query'
import { type SubmitEvent, useState } from 'react'
import { useUser } from '../api/index.ts'
import { Failure } from '../ui/index.ts'
import { type Role, roleMeanings, roles } from './roles.ts'
import { type Person, personText, usePeople } from './use-people.ts'

interface AddMemberProps {
  readonly kind: 'project' | 'group'
  /** Ids of those who are members already. */
  readonly taken: readonly string[]
  readonly onAdd: (person: Person, role: Role) => Promise<unknown>
}

/** Finds somebody who has signed in here before, and gives them a role. */
export function AddMember({ kind, taken, onAdd }: AddMemberProps) {
  const { is_admin } = useUser()
  const [text, setText] = useState('')
  const [person, setPerson] = useState<Person | null>(null)
  const [role, setRole] = useState<Role>('viewer')
  const [looked] = useDebouncedValue(text.trim(), 200)
  const isChosen = person !== null && personText(person) === text
  const { people, isFetching, error, isEmail } = usePeople(isChosen ? '' : looked)
  const add = useMutation({
    mutationFn: async (chosen: Person) => await onAdd(chosen, role),
    meta: { showsFailure: true },
    onSuccess: () => {
      setPerson(null)
      setText('')
    },
  })
  const shown = person === null || people.some(({ id }) => id === person.id) ? people : [person, ...people]
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (person !== null) add.mutate(person)
  }
  return (
    <Paper withBorder p="md">
      <form aria-label={`Add a member of the ${kind}`} onSubmit={submit}>
        <Stack gap="xs">
          <Group align="flex-end" gap="sm">
            <Select
              label="Person"
              placeholder="A name, or the whole e-mail address"
              flex="1 1 240px"
              maw={380}
              searchable
              clearable
              // The server has searched already.
              filter={({ options }) => options}
              data={shown.map((one) => ({
                value: one.id,
                label: personText(one),
                disabled: taken.includes(one.id),
              }))}
              value={person?.id ?? null}
              searchValue={text}
              onSearchChange={setText}
              onChange={(id) => setPerson(shown.find((one) => one.id === id) ?? null)}
              rightSection={isFetching ? <Loader size={16} role="status" aria-label="Searching" /> : undefined}
              nothingFoundMessage={
                isFetching
                  ? 'Searching.'
                  : isEmail
                    ? 'Nobody with this address has signed in here yet.'
                    : is_admin
                      ? 'Nobody who has signed in here is called so.'
                      : 'Nobody whom you share a group or project with is called so. Type the whole e-mail address.'
              }
              renderOption={({ option }) => (
                <Text size="sm">
                  {option.label}
                  {option.disabled === true && ', a member already'}
                </Text>
              )}
            />
            <Select
              label="Role"
              w={120}
              allowDeselect={false}
              data={[...roles]}
              value={role}
              onChange={(next) => setRole((next ?? 'viewer') as Role)}
            />
            <Button type="submit" disabled={person === null} loading={add.isPending}>
              Add
            </Button>
          </Group>
          <Text size="xs" c="dimmed">
            {roleMeanings[kind][role]}
          </Text>
          {error !== null && <Failure error={error} />}
          {add.error !== null && <Failure error={add.error} title="Nobody was added" />}
        </Stack>
      </form>
    </Paper>
  )
}
