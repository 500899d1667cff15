import { Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { apiQuery, type Schema } from '../../api/index.ts'
import { Loaded, NotFound, Page } from '../../ui/index.ts'
import { StoredData } from './stored-data.tsx'

/** One dataset of a pipeline: where it is, what is stored, and its first rows. */
export function DatasetPage() {
  const { pipeline: id, dataset: transformation } = useParams({ strict: false }) as {
    pipeline: string
    dataset: string
  }
  const params = { path: { id } }
  const pipeline = useQuery(apiQuery('/api/pipelines/{id}', { params }))
  const datasets = useQuery(apiQuery('/api/pipelines/{id}/datasets', { params }))
  return (
    <Loaded query={pipeline}>
      {(found) => (
        <Loaded query={datasets}>
          {(all) => {
            const one = all.find(({ transformation_id }) => transformation_id === transformation)
            return one === undefined ? <NotFound /> : <DatasetView pipeline={found} dataset={one} />
          }}
        </Loaded>
      )}
    </Loaded>
  )
}

interface DatasetViewProps {
  readonly pipeline: Schema<'Pipeline'>
  readonly dataset: Schema<'PipelineDataset'>
}

function DatasetView({ pipeline, dataset }: DatasetViewProps) {
  const { id, name, client, brand } = pipeline
  return (
    <Page
      title={dataset.dataset}
      above={[
        { label: 'Pipelines', link: { to: '/pipelines' } },
        {
          label: name,
          link: { to: '/pipelines/$pipeline', params: { pipeline: id }, search: { tab: 'datasets' } } as never,
        },
      ]}
      about={`${client} / ${brand} · ${dataset.state} · published by the transformation ${dataset.template}`}
    >
      <Stack>
        <StoredData pipelineId={id} dataset={dataset} />
      </Stack>
    </Page>
  )
}
