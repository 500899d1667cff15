import { Button, Group, MultiSelect, Select, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { apiQuery } from '../api/index.ts'
import { ProjectSelect, stateLook } from '../ui/index.ts'
import { type RunsSearch, runStates, runTriggers } from './search.ts'

interface RunsFilterProps {
  readonly search: RunsSearch
  readonly onChange: (search: RunsSearch) => void
}

/** Which runs to list. */
export function RunsFilter({ search, onChange }: RunsFilterProps) {
  // Another filter begins at its newest run.
  const change = (some: { [Key in keyof RunsSearch]?: RunsSearch[Key] | undefined }) =>
    onChange({ ...search, before: undefined, ...some } as RunsSearch)
  const isFiltered = Object.entries(search).some(([key, value]) => key !== 'before' && value !== undefined)
  return (
    <Group gap="xs" align="flex-end">
      <WorkflowSelect value={search.workflow} onChange={(workflow) => change({ workflow })} />
      <ProjectSelect
        label="Project"
        size="xs"
        w={{ base: 'calc(50% - 5px)', xs: 200 }}
        clearable
        placeholder="Any"
        value={search.project ?? null}
        onChange={(project) => change({ project: project ?? undefined })}
      />
      <MultiSelect
        label="State"
        size="xs"
        w={{ base: 'calc(50% - 5px)', xs: 200 }}
        clearable
        placeholder={search.state === undefined ? 'Any' : ''}
        data={runStates.map((value) => ({ value, label: stateLook(value).label }))}
        value={[...(search.state ?? [])]}
        onChange={(state) =>
          change({ state: state.length === 0 ? undefined : (state as NonNullable<typeof search.state>) })
        }
      />
      <MultiSelect
        label="Trigger"
        size="xs"
        w={{ base: 'calc(50% - 5px)', xs: 180 }}
        clearable
        placeholder={search.trigger === undefined ? 'Any' : ''}
        data={[...runTriggers]}
        value={[...(search.trigger ?? [])]}
        onChange={(trigger) =>
          change({ trigger: trigger.length === 0 ? undefined : (trigger as NonNullable<typeof search.trigger>) })
        }
      />
      <MomentField label="For dates from" value={search.from} onChange={(from) => change({ from })} />
      <MomentField label="until" value={search.to} onChange={(to) => change({ to })} />
      {isFiltered && (
        <Button size="xs" variant="subtle" onClick={() => onChange({})}>
          Clear filters
        </Button>
      )}
    </Group>
  )
}

interface ChoiceProps {
  readonly value: string | undefined
  readonly onChange: (value: string | undefined) => void
}

function WorkflowSelect({ value, onChange }: ChoiceProps) {
  const [typed, setTyped] = useState(value ?? '')
  const [search] = useDebouncedValue(typed.trim(), 200)
  const isChoice = search === '' || search === value
  const { data = [] } = useQuery(
    apiQuery('/api/workflows', { params: { query: { per_page: 50, ...(isChoice ? {} : { search }) } } }),
  )
  const names = data.map(({ name }) => name)
  return (
    <Select
      label="Workflow"
      size="xs"
      w={{ base: 'calc(50% - 5px)', xs: 220 }}
      searchable
      clearable
      placeholder="Any"
      data={value === undefined || names.includes(value) ? names : [value, ...names]}
      value={value ?? null}
      searchValue={typed}
      onSearchChange={setTyped}
      onChange={(name) => onChange(name ?? undefined)}
      nothingFoundMessage="No workflow is called so"
    />
  )
}

/** A moment in the zone of the browser. While its year is typed, it is one of long ago: what is typed stays as it is. */
function MomentField({ label, value, onChange }: ChoiceProps & { readonly label: string }) {
  const [typed, setTyped] = useState<string>()
  return (
    <TextInput
      label={label}
      type="datetime-local"
      size="xs"
      w={{ base: 'calc(50% - 5px)', xs: 190 }}
      value={typed ?? (value === undefined ? '' : localInput(value))}
      onChange={({ currentTarget: { value: text } }) => {
        const date = new Date(text)
        setTyped(text)
        if (text === '' || date.getFullYear() > 1900) onChange(text === '' ? undefined : date.toISOString())
      }}
      onBlur={() => setTyped(undefined)}
    />
  )
}

function localInput(iso: string): string {
  const date = new Date(iso)
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
