import { SimpleGrid } from '@mantine/core'
import { useProject } from '../../projects/index.ts'
import { useBrands, useClients, useSegments, useTypes } from '../use-catalogue.ts'
import { useProjectWrite } from '../use-project-write.ts'
import { RecordTable } from './record-table.tsx'

/** Clients with their brands, segments with their types: what pipelines of the project are sorted by. */
export function CataloguePage() {
  const { id: projectId } = useProject()
  const mayWrite = useProjectWrite(projectId) === true
  const clients = useClients(projectId)
  const brands = useBrands(projectId)
  const segments = useSegments(projectId)
  const types = useTypes(projectId)
  const nameOf = (all: readonly { id: string; name: string }[] | undefined, id: string | null) =>
    all?.find((one) => one.id === id)?.name
  const common = { projectId, mayWrite }
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="xl" verticalSpacing="xl">
      <RecordTable
        {...common}
        kind="client"
        title="Clients"
        about="Whose data it is. Paths of data begin with them."
        query={clients}
      />
      <RecordTable
        {...common}
        kind="brand"
        title="Brands"
        about="Of clients. Each pipeline is for one."
        query={brands}
        parentTitle="Client"
        parentOf={({ client_id }) => nameOf(clients.data, client_id)}
      />
      <RecordTable
        {...common}
        kind="segment"
        title="Segments"
        about="What types of pipelines are grouped by."
        query={segments}
      />
      <RecordTable
        {...common}
        kind="type"
        title="Pipeline types"
        about="What kind a pipeline is."
        query={types}
        parentTitle="Segment"
        parentOf={({ segment_id }) => nameOf(segments.data, segment_id)}
      />
    </SimpleGrid>
  )
}
