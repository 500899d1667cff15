import { TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useState } from 'react'

interface SearchFieldProps {
  readonly label: string
  /** As it stands in the address. */
  readonly value: string
  readonly onSearch: (text: string) => void
}

const pauseMs = 250

/** Words that narrow a list while they are typed. */
export function SearchField({ label, value, onSearch }: SearchFieldProps) {
  const [typed, setTyped] = useState(value)
  const [seen, setSeen] = useState(value)
  if (value !== seen) {
    // The address changed by going back, or by a button.
    setSeen(value)
    if (value !== typed.trim()) setTyped(value)
  }
  const search = useDebouncedCallback((text: string) => onSearch(text.trim()), pauseMs)
  return (
    <TextInput
      type="search"
      aria-label={label}
      placeholder={label}
      leftSection={<IconSearch size={16} aria-hidden />}
      flex="1 1 220px"
      maw={340}
      value={typed}
      maxLength={300}
      onChange={({ currentTarget }) => {
        setTyped(currentTarget.value)
        search(currentTarget.value)
      }}
    />
  )
}
