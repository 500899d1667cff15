import { Button, Group, NativeSelect, Pill, TagsInput, TextInput } from '@mantine/core'
import { useState } from 'react'
import { type Column, type Filter, filterOf, filterText, type Question, questionsOf } from './filters.ts'

interface FilterBarProps {
  readonly columns: readonly Column[]
  readonly filters: readonly Filter[]
  readonly onChange: (filters: readonly Filter[]) => void
}

/** What rows have to fulfil, all of it; stands in the address. */
export function FilterBar({ columns, filters, onChange }: FilterBarProps) {
  return (
    <>
      {filters.length > 0 && (
        <Pill.Group aria-label="Filters" role="list">
          {filters.map((filter, at) => (
            <Pill
              key={`${at} ${filterText(filter)}`}
              role="listitem"
              withRemoveButton
              removeButtonProps={{ 'aria-label': `Remove: ${filterText(filter)}`, tabIndex: 0, 'aria-hidden': false }}
              onRemove={() => onChange(filters.filter((_, place) => place !== at))}
            >
              {filterText(filter)}
            </Pill>
          ))}
        </Pill.Group>
      )}
      <NewFilter
        columns={columns.filter(({ comparisons }) => comparisons.length > 0)}
        onAdd={(filter) => onChange([...filters, filter])}
      />
    </>
  )
}

interface NewFilterProps {
  readonly columns: readonly Column[]
  readonly onAdd: (filter: Filter) => void
}

function NewFilter({ columns, onAdd }: NewFilterProps) {
  const [name, setName] = useState('')
  const [question, setQuestion] = useState<Question>('==')
  const [values, setValues] = useState<readonly string[]>([])
  const column = columns.find((one) => one.name === name)
  const questions = column === undefined ? [] : questionsOf(column)
  const needsValue = question !== 'missing' && question !== 'present'
  const takesSeveral = question === '==' || question === '!='
  const add = () => {
    if (column === undefined || (needsValue && values.length === 0)) return
    onAdd(filterOf(name, question, values))
    setValues([])
  }
  return (
    <form
      aria-label="New filter"
      onSubmit={(event) => {
        event.preventDefault()
        add()
      }}
    >
      <Group gap="xs" align="flex-end">
        <NativeSelect
          aria-label="Column"
          size="xs"
          w={190}
          value={name}
          data={[
            { value: '', label: 'Filter by a column…' },
            ...columns.map((one) => ({
              value: one.name,
              label: `${one.name} (${one.type}${one.partition ? ', partition' : ''})`,
            })),
          ]}
          onChange={({ currentTarget: { value } }) => {
            setName(value)
            setQuestion('==')
            setValues([])
          }}
        />
        {column !== undefined && (
          <>
            <NativeSelect
              aria-label="Comparison"
              size="xs"
              w={130}
              value={question}
              data={[...questions]}
              onChange={({ currentTarget: { value } }) => {
                setQuestion(value as Question)
                setValues([])
              }}
            />
            {needsValue && takesSeveral && (
              <TagsInput
                aria-label="Values"
                size="xs"
                w={220}
                placeholder={values.length === 0 ? 'A value, or several with Enter' : ''}
                value={[...values]}
                onChange={setValues}
                acceptValueOnBlur
                clearable
                clearButtonProps={{ 'aria-label': 'No values' }}
              />
            )}
            {needsValue && !takesSeveral && (
              <TextInput
                aria-label="Value"
                size="xs"
                w={180}
                placeholder={exampleOf(column)}
                value={values[0] ?? ''}
                onChange={({ currentTarget: { value } }) => setValues(value === '' ? [] : [value])}
              />
            )}
            <Button type="submit" size="xs" variant="default" disabled={needsValue && values.length === 0}>
              Filter
            </Button>
          </>
        )}
      </Group>
    </form>
  )
}

function exampleOf({ type }: Column): string {
  if (type.startsWith('timestamp')) return '2026-01-31 06:00:00'
  return type === 'date' ? '2026-01-31' : 'A number'
}
