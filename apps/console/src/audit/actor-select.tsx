import { Loader, Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { apiQuery } from '../api/index.ts'
import { personText, usePeople } from '../members/index.ts'

interface ActorSelectProps {
  /** Id of a user, or a part of the platform such as `job:retention`; empty: anybody. */
  readonly value: string
  readonly onChange: (actor: string) => void
}

/** Who changed something: a person by name or e-mail address, or a part of the platform by how the trail calls it. */
export function ActorSelect({ value, onChange }: ActorSelectProps) {
  const chosen = useQuery({
    ...apiQuery('/api/data/users/{user_id}', { params: { path: { user_id: value } } }),
    ...{ enabled: value !== '' && !value.includes(':'), retry: false, staleTime: 300_000 },
  })
  const name = chosen.data === undefined ? value : personText({ ...chosen.data, namespace: chosen.data.username })
  const [text, setText] = useState('')
  const [looked] = useDebouncedValue(text.trim(), 200)
  const isTyping = text.trim() !== '' && text !== name
  const { people, isFetching } = usePeople(isTyping ? looked : '')
  const found = people.map((person) => ({ value: person.id, label: personText(person) }))
  const typed = text.trim()
  const others = [
    ...(value === '' ? [] : [{ value, label: name }]),
    // What is no person has a colon in its name; ids of persons who are gone have none of them left.
    ...(isTyping && !typed.includes(' ') && !typed.includes('@') ? [{ value: typed, label: `the id ${typed}` }] : []),
  ]
  const known = new Set(others.map((one) => one.value))
  return (
    <Select
      label="Who"
      placeholder="Anybody"
      size="xs"
      flex="1 1 140px"
      maw={220}
      searchable
      clearable
      data={[...found.filter((one) => !known.has(one.value)), ...others]}
      // The server has searched already.
      filter={({ options }) => options}
      value={value === '' ? null : value}
      searchValue={text}
      onSearchChange={setText}
      onChange={(id) => onChange(id ?? '')}
      rightSection={isTyping && isFetching ? <Loader size={14} role="status" aria-label="Searching" /> : undefined}
      nothingFoundMessage={isFetching ? 'Searching.' : 'Nobody is called so.'}
    />
  )
}
