import { Select, TextInput } from '@mantine/core'
import type { WidgetProps } from '@rjsf/utils'
import { useQuery } from '@tanstack/react-query'
import { apiAll } from '../../api/index.ts'
import type { FormContext } from './form-context.ts'
import { inputProps } from './input-props.ts'

/** The name of a connection: one of those that tasks of the project may name, or any where the project is not known. */
export function ConnectionWidget(props: WidgetProps) {
  const { projectId } = (props.registry.formContext ?? {}) as FormContext
  const value = (props.value as string | undefined) ?? ''
  const connections = useQuery({
    ...apiAll('/api/projects/{id}/usable-connections', { params: { path: { id: projectId ?? '' } } }),
    enabled: projectId !== undefined,
  })
  if (projectId === undefined || connections.isError) {
    return (
      <TextInput
        {...inputProps(props)}
        value={value}
        onChange={({ currentTarget }) => props.onChange(currentTarget.value === '' ? undefined : currentTarget.value)}
      />
    )
  }
  const known = (connections.data ?? []).map(({ name, connector }) => ({
    value: name,
    label: `${name} (${connector})`,
  }))
  const isUnknown = value !== '' && !known.some((one) => one.value === value)
  return (
    <Select
      {...inputProps(props)}
      data={isUnknown ? [{ value, label: value }, ...known] : known}
      value={value === '' ? null : value}
      searchable
      clearable={!(props.required ?? false)}
      placeholder={connections.isPending ? 'Looking for connections…' : 'Choose a connection'}
      nothingFoundMessage="There is no such connection"
      onChange={(name) => props.onChange(name ?? undefined)}
    />
  )
}
