import '@mantine/spotlight/styles.css'
import { Loader, Text, useMantineColorScheme } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { createSpotlight, Spotlight } from '@mantine/spotlight'
import { IconSearch } from '@tabler/icons-react'
import { useRouter } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useUser } from '../../api/index.ts'
import { commands, matching } from './commands.ts'
import type { Found } from './found.ts'
import { useFound } from './use-found.ts'

const [store, palette] = createSpotlight()
const debounceMs = 150

interface PaletteProps {
  /** How many times it was asked for; each opens it. */
  readonly opened: number
  readonly onShortcuts: () => void
}

/** Finds what there is, leads there, and does what can be done from everywhere. */
export function Palette({ opened, onShortcuts }: PaletteProps) {
  const router = useRouter()
  const { setColorScheme } = useMantineColorScheme()
  const { is_admin } = useUser()
  const [query, setQuery] = useState('')
  const text = query.trim()
  const [sought] = useDebouncedValue(text, debounceMs)
  const { groups, isSearching, problem } = useFound(sought)
  useEffect(() => {
    if (opened === 0) return
    setQuery('')
    palette.open()
  }, [opened])

  const doable = matching(commands({ is_admin, setColorScheme, onShortcuts }), text)
  // What was found for another text is not offered for this one.
  const isFresh = text !== '' && sought === text
  // The first line is chosen, also when what was found has come in between.
  const shown = [...doable, ...(isFresh ? groups.flatMap(({ found }) => found) : [])].map(({ id }) => id).join(' ')
  useEffect(() => {
    if (shown !== '') chooseFirst()
  }, [shown])
  const all: Found = {
    ...{ id: 'all', label: `Search everything for “${text}”`, icon: IconSearch },
    go: { to: '/search', search: { q: text } as never },
  }
  const go = (found: Found) => {
    if (typeof found.go === 'function') found.go()
    else void router.navigate(found.go as never)
  }
  const line = (found: Found) => (
    <Spotlight.Action
      key={found.id}
      label={found.label}
      {...(found.description === undefined ? {} : { description: found.description })}
      leftSection={<found.icon size={18} aria-hidden />}
      onClick={() => go(found)}
    />
  )
  const isWaiting = isSearching || sought !== text
  return (
    <Spotlight.Root
      store={store}
      shortcut={null}
      query={query}
      onQueryChange={setQuery}
      scrollable
      maxHeight={440}
      attributes={{ content: { 'aria-label': 'Search' } }}
      styles={{ actionDescription: { opacity: 1 } }}
    >
      <Spotlight.Search
        placeholder="Projects, workflows, runs, people; or what to do"
        aria-label="Search, or say what to do"
        leftSection={<IconSearch size={18} aria-hidden />}
        rightSection={isWaiting && text !== '' ? <Loader size={16} role="status" aria-label="Searching" /> : undefined}
      />
      <Spotlight.ActionsList>
        {doable.length > 0 && <Spotlight.ActionsGroup label="Go to, and do">{doable.map(line)}</Spotlight.ActionsGroup>}
        {isFresh &&
          groups.map(({ label, found }) => (
            <Spotlight.ActionsGroup key={label} label={label}>
              {found.map(line)}
            </Spotlight.ActionsGroup>
          ))}
        {text !== '' && <Spotlight.ActionsGroup label="More">{[line(all)]}</Spotlight.ActionsGroup>}
      </Spotlight.ActionsList>
      {problem !== undefined && (
        <Spotlight.Footer>
          <Text size="sm" role="status">
            {problem}
          </Text>
        </Spotlight.Footer>
      )}
    </Spotlight.Root>
  )
}

/** As the component does by itself when the text changes, but not when lines come in between. */
function chooseFirst(): void {
  const lines = document.getElementById(store.getState().listId)
  lines?.querySelector('[data-selected]')?.removeAttribute('data-selected')
  lines?.querySelector('[data-action]')?.setAttribute('data-selected', 'true')
  store.updateState((state) => ({ ...state, selected: 0 }))
}
