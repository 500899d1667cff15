import { Alert, List, Text } from '@mantine/core'
import { fieldNames } from './fields.ts'

interface ClashesProps {
  /** Fields that both changed. */
  readonly names: readonly string[]
  /** As they are saved now. */
  readonly base: object
}

/** What somebody else made of the fields that the person is changing. */
export function Clashes({ names, base }: ClashesProps) {
  if (names.length === 0) return null
  const values = base as Readonly<Record<string, unknown>>
  return (
    <Alert color="yellow" title="You both changed this" role="status" mt="md">
      <Text size="sm">Saving puts what you typed in place of what is saved now:</Text>
      <List size="sm" mt={4}>
        {names.map((name) => (
          <List.Item key={name} style={{ overflowWrap: 'anywhere' }}>
            {fieldNames[name] ?? name}: {textOf(values[name])}
          </List.Item>
        ))}
      </List>
    </Alert>
  )
}

function textOf(value: unknown): string {
  if (value === '' || (Array.isArray(value) && value.length === 0)) return 'nothing'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return Array.isArray(value) ? value.join(', ') : `${value}`
}
