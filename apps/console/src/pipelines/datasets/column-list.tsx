import { Badge, Text } from '@mantine/core'
import { DataTable, Panel } from '../../ui/index.ts'
import type { Column } from './filters.ts'

/** The columns of the run that published last. */
export function ColumnList({ columns }: { readonly columns: readonly Column[] }) {
  return (
    <Panel title="Columns">
      <DataTable
        label="Columns of the dataset"
        rows={columns}
        rowKey={({ name }) => name}
        columns={[
          {
            title: 'Name',
            cell: ({ name, partition }) => (
              <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                {name}{' '}
                {partition && (
                  <Badge variant="default" size="xs" miw="max-content">
                    partition
                  </Badge>
                )}
              </Text>
            ),
          },
          {
            title: 'Type',
            cell: ({ type, nullable }) => (
              <Text size="sm" c="dimmed">
                {type}
                {nullable ? '' : ' · not null'}
              </Text>
            ),
          },
        ]}
      />
    </Panel>
  )
}
