import { Anchor, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { apiQuery } from '../../api/index.ts'
import { useLive } from '../../live/index.ts'
import { bytesText, countText, DataTable, EmptyState, Loaded, Moment } from '../../ui/index.ts'
import type { Pipeline } from '../board/edited.ts'

/** What runs of a pipeline leave behind for others to read. */
export function DatasetList({ pipeline: { id } }: { readonly pipeline: Pipeline }) {
  useLive({ runs: true })
  const datasets = useQuery(apiQuery('/api/pipelines/{id}/datasets', { params: { path: { id } } }))
  return (
    <Loaded query={datasets}>
      {(found) =>
        found.length === 0 ? (
          <EmptyState title="This pipeline publishes no datasets">
            Add a transformation whose template uses the operator “dataset”: each run then leaves its rows here.
          </EmptyState>
        ) : (
          <DataTable
            label="Datasets of the pipeline"
            rows={found}
            rowKey={(one) => one.transformation_id}
            columns={[
              {
                title: 'Dataset',
                cell: ({ transformation_id, dataset, template }) => (
                  <>
                    <Anchor
                      component={Link}
                      to="/pipelines/$pipeline/datasets/$dataset"
                      params={{ pipeline: id, dataset: transformation_id } as never}
                      size="sm"
                      fw={600}
                    >
                      {dataset}
                    </Anchor>
                    <Text size="xs" c="dimmed">
                      by {template}
                    </Text>
                  </>
                ),
              },
              { title: 'State', isSecondary: true, cell: ({ state }) => <Text size="sm">{state}</Text> },
              {
                title: 'Partitioned by',
                isSecondary: true,
                cell: ({ partition_by }) => <Text size="sm">{['run', ...partition_by].join(', ')}</Text>,
              },
              {
                title: 'Rows',
                align: 'right',
                cell: ({ published }) => (
                  <Text size="sm">{published === undefined ? '–' : countText(published.rows)}</Text>
                ),
              },
              {
                title: 'Size',
                align: 'right',
                isSecondary: true,
                cell: ({ published }) => (
                  <Text size="sm">{published === undefined ? '–' : bytesText(published.bytes)}</Text>
                ),
              },
              {
                title: 'Published last',
                align: 'right',
                cell: ({ published }) =>
                  published === undefined ? (
                    <Text size="sm" c="dimmed">
                      not yet
                    </Text>
                  ) : (
                    <Text size="sm" component="div">
                      <Moment at={published.published_at} />
                      <Text size="xs" c="dimmed" component="div">
                        by{' '}
                        <Anchor
                          component={Link}
                          to="/runs/$run"
                          params={{ run: published.run_id } as never}
                          size="xs"
                          underline="always"
                        >
                          run {published.run_id}
                        </Anchor>
                      </Text>
                    </Text>
                  ),
              },
            ]}
          />
        )
      }
    </Loaded>
  )
}
