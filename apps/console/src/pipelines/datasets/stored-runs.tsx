import { Anchor, Button, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Schema } from '../../api/index.ts'
import { bytesText, countText, DataTable, Moment, Panel } from '../../ui/index.ts'

interface StoredRunsProps {
  readonly runs: Schema<'StoredDataset'>['runs']
  readonly moreRuns: number
  /** Shows the rows of one run only. */
  readonly onFilter: (run: string) => void
}

/** Runs whose data are in the store; each replaces what it published itself, and nothing else. */
export function StoredRuns({ runs, moreRuns, onFilter }: StoredRunsProps) {
  return (
    <Panel title="Stored runs">
      <DataTable
        label="Runs whose data are stored"
        rows={runs}
        rowKey={({ run_id }) => run_id}
        columns={[
          {
            title: 'Run',
            cell: ({ run_id }) => (
              <Anchor component={Link} to="/runs/$run" params={{ run: run_id } as never} size="sm">
                {run_id}
              </Anchor>
            ),
          },
          { title: 'Rows', align: 'right', cell: ({ rows }) => <Text size="sm">{countText(rows)}</Text> },
          {
            title: 'Files',
            align: 'right',
            isSecondary: true,
            cell: ({ files }) => <Text size="sm">{countText(files)}</Text>,
          },
          {
            title: 'Size',
            align: 'right',
            isSecondary: true,
            cell: ({ bytes }) => <Text size="sm">{bytesText(bytes)}</Text>,
          },
          { title: 'Published', align: 'right', cell: ({ published_at }) => <Moment at={published_at} /> },
          {
            title: 'Rows of it',
            align: 'right',
            cell: ({ run_id }) => (
              <Button
                size="compact-xs"
                variant="default"
                aria-label={`Show rows of run ${run_id}`}
                onClick={() => onFilter(run_id)}
              >
                Show
              </Button>
            ),
          },
        ]}
      />
      {moreRuns > 0 && (
        <Text size="xs" c="dimmed">
          {countText(moreRuns)} older runs are stored as well.
        </Text>
      )}
    </Panel>
  )
}
