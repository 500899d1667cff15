import { Select, type SelectProps } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { apiQuery } from '../api/index.ts'
import { type ProjectChoice, useProjectChoices } from './use-project-choices.ts'

type ProjectSelectProps = Omit<SelectProps, 'data' | 'value' | 'onChange' | 'filter' | 'searchable'> & {
  /** An id. */
  readonly value: string | null
  readonly onChange: (id: string | null) => void
  /** The id of what is no choice. */
  readonly except?: string | undefined
  /** Whether templates stand apart, before others. */
  readonly showsTemplates?: boolean
}

/** A project that the person may see, found by the server while its name is typed. */
export function ProjectSelect({ value, onChange, except, showsTemplates = false, ...props }: ProjectSelectProps) {
  const [text, setText] = useState('')
  const chosen = useQuery({
    ...apiQuery('/api/data/projects/{project_id}', { params: { path: { project_id: value ?? '' } } }),
    ...{ enabled: value !== null, retry: false, staleTime: 300_000 },
  })
  const chosenLabel = chosen.data === undefined ? (value ?? '') : labelOf(chosen.data)
  const { projects = [], isFetching } = useProjectChoices(text === chosenLabel ? '' : text)
  const options = (some: readonly ProjectChoice[]) => some.map((one) => ({ value: one.id, label: labelOf(one) }))
  const others = projects.filter(({ id }) => id !== except && id !== value)
  const templates = showsTemplates ? others.filter(({ isTemplate }) => isTemplate === true) : []
  const rest = options(others.filter((one) => !templates.includes(one)))
  const found =
    templates.length === 0
      ? rest
      : [
          { group: 'Templates', items: options(templates) },
          ...(rest.length === 0 ? [] : [{ group: 'Projects', items: rest }]),
        ]
  return (
    <Select
      {...props}
      searchable
      data={[...(value === null ? [] : [{ value, label: chosenLabel }]), ...found]}
      // The server has looked already.
      filter={({ options }) => options}
      value={value}
      searchValue={text}
      onSearchChange={setText}
      onChange={onChange}
      nothingFoundMessage={isFetching ? 'Searching.' : 'No project is called so'}
    />
  )
}

function labelOf({ namespace, name }: Pick<ProjectChoice, 'namespace' | 'name'>): string {
  return `${namespace} / ${name}`
}
