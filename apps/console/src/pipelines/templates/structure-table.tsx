import { ActionIcon, Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core'
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { datatypeChoices, nameProblem, type Structure } from './variables-schema.ts'

interface StructureTableProps {
  readonly structures: readonly Structure[]
  readonly onChange: (structures: readonly Structure[]) => void
  readonly isDisabled: boolean
}

/** The variables of a template: name, kind of value, and what analysts read about them. */
export function StructureTable({ structures, onChange, isDisabled }: StructureTableProps) {
  const change = (row: number, changes: Partial<Structure>) =>
    onChange(structures.map((one) => (one.row === row ? { ...one, ...changes } : one)))
  return (
    <Stack gap="xs" component="fieldset" m={0} p={0} style={{ border: 0 }}>
      <Text component="legend" size="sm" fw={500}>
        Variables
      </Text>
      <Text size="xs" c="dimmed">
        What a transformation has to be told. In the configuration they are called {'{{ variables.name }}'}.
      </Text>
      {structures.map((one, at) => {
        const which = one.name === '' ? `variable ${at + 1}` : one.name
        return (
          <Group key={one.row} gap="xs" align="flex-start">
            <TextInput
              aria-label={`Name of ${which}`}
              placeholder="Name"
              style={{ flex: '1 1 140px' }}
              disabled={isDisabled}
              value={one.name}
              error={nameProblem(one, structures)}
              spellCheck={false}
              onChange={({ currentTarget }) => change(one.row, { name: currentTarget.value })}
            />
            <NativeSelect
              aria-label={`Kind of ${which}`}
              style={{ flex: '0 1 140px' }}
              disabled={isDisabled}
              data={[...datatypeChoices(one.datatype)]}
              value={one.datatype}
              onChange={({ currentTarget }) => change(one.row, { datatype: currentTarget.value })}
            />
            <TextInput
              aria-label={`Description of ${which}`}
              placeholder="What it is for"
              style={{ flex: '2 1 200px' }}
              disabled={isDisabled}
              value={one.description}
              maxLength={2000}
              onChange={({ currentTarget }) => change(one.row, { description: currentTarget.value })}
            />
            {!isDisabled && (
              <ActionIcon
                variant="subtle"
                color="red"
                size="lg"
                aria-label={`Remove ${which}`}
                onClick={() => onChange(structures.filter(({ row }) => row !== one.row))}
              >
                <IconTrash size={16} aria-hidden />
              </ActionIcon>
            )}
          </Group>
        )
      })}
      {!isDisabled && (
        <Group>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlus size={14} aria-hidden />}
            onClick={() => onChange(withVariable(structures, ''))}
          >
            Add a variable
          </Button>
        </Group>
      )}
    </Stack>
  )
}

export function withVariable(structures: readonly Structure[], name: string): readonly Structure[] {
  const row = Math.max(0, ...structures.map((one) => one.row)) + 1
  return [...structures, { row, name, datatype: 'str', description: '' }]
}
