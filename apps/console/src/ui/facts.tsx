import { Table } from '@mantine/core'
import type { ReactNode } from 'react'

interface FactsProps {
  /** What the facts are of, for those who do not see it. */
  readonly label: string
  readonly facts: readonly (readonly [name: string, value: ReactNode])[]
}

/** Names with values, a line for each. */
export function Facts({ label, facts }: FactsProps) {
  return (
    <Table aria-label={label} verticalSpacing={4} horizontalSpacing={0} withRowBorders={false} layout="fixed">
      <Table.Tbody>
        {facts.map(([name, value], at) => (
          <Table.Tr key={`${at} ${name}`}>
            <Table.Th scope="row" fw={400} c="dimmed" w={120} style={{ verticalAlign: 'top' }}>
              {name}
            </Table.Th>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}
