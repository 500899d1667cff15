import { api, invalidate } from '../api/index.ts'

/** Has sessions of a project mount a data connector; nothing happens where they do already. */
export async function linkToProject(connectorId: string, projectId: string): Promise<void> {
  const params = { path: { data_connector_id: connectorId } }
  const links = await api.get('/api/data/data_connectors/{data_connector_id}/project_links', { params })
  if (!links.some((one) => one.project_id === projectId)) {
    const body = { project_id: projectId }
    await api.post('/api/data/data_connectors/{data_connector_id}/project_links', { params, body })
  }
  await invalidate(
    '/api/data/projects/{project_id}/data_connector_links',
    '/api/data/data_connectors/{data_connector_id}/project_links',
    '/api/data/data_connectors',
  )
}
