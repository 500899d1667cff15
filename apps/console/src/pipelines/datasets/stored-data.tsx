import { Anchor, Grid, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { apiQuery, type Schema } from '../../api/index.ts'
import { bytesText, CopyText, EmptyState, Facts, Failure, Loaded, Moment, Panel, rowsText } from '../../ui/index.ts'
import { ColumnList } from './column-list.tsx'
import { DatasetRows } from './dataset-rows.tsx'
import { DownloadMenu } from './download-menu.tsx'
import { FilterBar } from './filter-bar.tsx'
import { type DatasetSearch, type Filter, runIdColumn } from './filters.ts'
import { StoredRuns } from './stored-runs.tsx'

interface StoredDataProps {
  readonly pipelineId: string
  readonly dataset: Schema<'PipelineDataset'>
}

/** What is at the address that the last run published to, as far as there is one. */
export function StoredData({ pipelineId, dataset }: StoredDataProps) {
  const { published, transformation_id: transformation } = dataset
  const { filters = [] } = useSearch({ strict: false }) as DatasetSearch
  const navigate = useNavigate()
  const stored = useQuery({
    ...apiQuery('/api/pipelines/{id}/datasets/{transformation}', {
      params: { path: { id: pipelineId, transformation } },
    }),
    enabled: published !== undefined,
    retry: false,
  })
  if (published === undefined) {
    return (
      <EmptyState title="Nothing is published yet">
        The rows are here when a run of the pipeline has published them. Who is no member of the project does not see
        them.
      </EmptyState>
    )
  }
  if (stored.isError) {
    return (
      <>
        <About dataset={dataset} published={published} />
        <Failure title="The store could not be read" error={stored.error} onRetry={() => void stored.refetch()} />
      </>
    )
  }
  const go = (next: readonly Filter[]) =>
    void navigate({ to: '.', replace: true, search: next.length === 0 ? {} : { filters: next } } as never)
  return (
    <>
      <About dataset={dataset} published={published} />
      <Loaded query={stored}>
        {({ columns, runs, more_runs }) =>
          runs.length === 0 ? (
            <EmptyState title="Nothing is stored there any more">
              Somebody removed what was published. Run the pipeline to publish it again.
            </EmptyState>
          ) : (
            <>
              <Panel
                title="First rows"
                actions={<DownloadMenu {...{ pipelineId, transformation, filters }} name={dataset.dataset} />}
              >
                <FilterBar columns={[...columns, runIdColumn]} filters={filters} onChange={go} />
                <DatasetRows {...{ pipelineId, transformation, filters }} name={dataset.dataset} />
              </Panel>
              <Grid>
                <Grid.Col span={{ base: 12, md: 5 }}>
                  <ColumnList columns={columns} />
                </Grid.Col>
                <Grid.Col span={{ base: 12, md: 7 }}>
                  <StoredRuns
                    runs={runs}
                    moreRuns={more_runs}
                    onFilter={(run) =>
                      go([
                        ...filters.filter(({ column }) => column !== runIdColumn.name),
                        { column: runIdColumn.name, comparison: '==', values: [run] },
                      ])
                    }
                  />
                </Grid.Col>
              </Grid>
            </>
          )
        }
      </Loaded>
    </>
  )
}

interface AboutProps {
  readonly dataset: Schema<'PipelineDataset'>
  readonly published: NonNullable<Schema<'PipelineDataset'>['published']>
}

function About({ dataset: { store, partition_by }, published }: AboutProps) {
  const { run_id, published_at, address, rows, files, bytes } = published
  return (
    <Panel title="Published last">
      <Facts
        label="What was published last"
        facts={[
          [
            'By',
            <Text key="run" size="sm" component="span">
              <Anchor component={Link} to="/runs/$run" params={{ run: run_id } as never} size="sm" underline="always">
                run {run_id}
              </Anchor>{' '}
              <Moment at={published_at} />
            </Text>,
          ],
          ['Amount', `${rowsText(rows)} in ${files === 1 ? '1 file' : `${files} files`} of ${bytesText(bytes)}`],
          ['Partitioned by', ['run', ...partition_by].join(', ')],
          ['Connection', store],
          [
            'Address',
            <Group key="address" gap={4} wrap="nowrap" align="flex-start">
              <Text size="sm" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
                {address}
              </Text>
              <CopyText value={address} label="Copy the address" />
            </Group>,
          ],
        ]}
      />
    </Panel>
  )
}
