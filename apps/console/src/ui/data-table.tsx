import { Table } from '@mantine/core'
import type { ReactNode } from 'react'

export interface Column<Row> {
  readonly title: string
  readonly cell: (row: Row) => ReactNode
  /** Numbers and times stand right. Default left. */
  readonly align?: 'left' | 'right'
  /** Left out on screens narrower than a tablet. */
  readonly isSecondary?: boolean
}

interface DataTableProps<Row> {
  /** What is listed, for those who do not see it. */
  readonly label: string
  readonly rows: readonly Row[]
  readonly rowKey: (row: Row) => string | number
  readonly columns: readonly Column<Row>[]
}

/** A list of things with a line for each; scrolls by itself where it is wider than the screen. */
export function DataTable<Row>({ label, rows, rowKey, columns }: DataTableProps<Row>) {
  return (
    <Table.ScrollContainer
      minWidth={0}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, 'aria-label': label, role: 'region' } }}
    >
      <Table aria-label={label} verticalSpacing="xs" highlightOnHover>
        <Table.Thead>
          <Table.Tr>
            {columns.map(({ title, align = 'left', isSecondary }) => (
              <Table.Th
                key={title}
                ta={align}
                style={{ whiteSpace: 'nowrap' }}
                {...(isSecondary ? { visibleFrom: 'sm' } : {})}
              >
                {title}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={rowKey(row)}>
              {columns.map(({ title, cell, align = 'left', isSecondary }) => (
                <Table.Td key={title} ta={align} {...(isSecondary ? { visibleFrom: 'sm' } : {})}>
                  {cell(row)}
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  )
}
