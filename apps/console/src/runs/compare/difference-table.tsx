import { Code, Text } from '@mantine/core'
import { DataTable } from '../../ui/index.ts'
import { jsonDifferences } from './json-differences.ts'

interface DifferenceTableProps {
  /** What is compared: "Parameters". */
  readonly label: string
  readonly left: unknown
  readonly right: unknown
}

/** Where two values differ, place by place. */
export function DifferenceTable({ label, left, right }: DifferenceTableProps) {
  const differences = jsonDifferences(left, right)
  if (differences.length === 0) return <Text size="sm">{label}: the same on both sides.</Text>
  return (
    <DataTable
      label={label}
      rows={differences}
      rowKey={({ path }) => path}
      columns={[
        { title: label, cell: ({ path }) => <Code>{path === '' ? 'all of it' : path}</Code> },
        { title: 'Left', cell: (row) => <Value value={row.left} /> },
        { title: 'Right', cell: (row) => <Value value={row.right} /> },
      ]}
    />
  )
}

function Value({ value }: { readonly value: unknown }) {
  if (value === undefined) {
    return (
      <Text span size="sm" c="dimmed">
        nothing
      </Text>
    )
  }
  const text = JSON.stringify(value)
  return <Code style={{ overflowWrap: 'anywhere' }}>{text.length > 400 ? `${text.slice(0, 400)}…` : text}</Code>
}
