import { MultiSelect, NativeSelect, Select } from '@mantine/core'
import type { WidgetProps } from '@rjsf/utils'
import { defaultText, inputProps } from './input-props.ts'

/** More than these are searched by typing. */
const mostNative = 15

/** One of what the schema lists; several of it for a list. Empty: what the schema says by default. */
export function SelectWidget(props: WidgetProps) {
  const { value, options, multiple, onChange, schema, required = false } = props
  const choices = options.enumOptions ?? []
  // Choices may be numbers: each is known by its place.
  const data = choices.map(({ label }, index) => ({ value: `${index}`, label }))
  const placeOf = (one: unknown) => `${choices.findIndex((choice) => choice.value === one)}`
  const fallback = defaultText(schema)
  if (multiple) {
    const chosen = Array.isArray(value) ? value.map(placeOf) : []
    return (
      <MultiSelect
        {...inputProps(props)}
        data={data}
        value={chosen}
        searchable
        onChange={(places) => onChange(places.map((place) => choices[Number(place)]?.value))}
      />
    )
  }
  const change = (place: string | null) =>
    onChange(place === null || place === '' ? undefined : choices[Number(place)]?.value)
  const chosen = value === undefined ? '' : placeOf(value)
  if (data.length > mostNative) {
    return (
      <Select
        {...inputProps(props)}
        data={data}
        value={chosen === '' ? null : chosen}
        searchable
        clearable={!required}
        placeholder={fallback ?? ''}
        onChange={change}
      />
    )
  }
  const empty = { value: '', label: fallback === undefined ? (required ? 'Choose…' : '–') : `${fallback} (default)` }
  const isChooser = typeof value === 'number' && schema.type === 'number' && schema['x-default'] === undefined
  return (
    <NativeSelect
      {...inputProps(props)}
      data={isChooser ? data : [empty, ...data]}
      value={chosen}
      onChange={({ currentTarget }) => change(currentTarget.value)}
    />
  )
}
