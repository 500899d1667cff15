import { api, invalidate } from '../../api/index.ts'

/** What pipelines are sorted by: brands of clients, types of segments. */
export type Kind = 'client' | 'brand' | 'segment' | 'type'

/** One of any kind; a brand always has a client, a type may have a segment. */
export interface Record {
  readonly id: string
  readonly etag: string
  readonly name: string
  readonly display_name: string | null
  readonly updated_at: string
}

export interface Given {
  readonly name: string
  readonly display_name: string | null
  /** Id of the client or segment. */
  readonly parent: string | null
}

export const nouns: Readonly<{ [kind in Kind]: string }> = {
  client: 'client',
  brand: 'brand',
  segment: 'segment',
  type: 'pipeline type',
}

export async function createRecord(kind: Kind, project_id: string, { parent, ...given }: Given): Promise<Record> {
  const body = { project_id, ...given }
  const created = await create()
  await invalidateRecords()
  return created

  async function create(): Promise<Record> {
    switch (kind) {
      case 'client':
        return await api.post('/api/clients', { body })
      case 'brand':
        return await api.post('/api/brands', { body: { ...body, client_id: parent ?? '' } })
      case 'segment':
        return await api.post('/api/segments', { body })
      case 'type':
        return await api.post('/api/pipeline-types', { body: { ...body, segment_id: parent } })
    }
  }
}

export async function updateRecord(kind: Kind, { id, etag }: Record, { parent, ...body }: Given): Promise<Record> {
  const params = { path: { id }, header: { 'If-Match': etag } }
  const updated = await update()
  await invalidateRecords()
  return updated

  async function update(): Promise<Record> {
    switch (kind) {
      case 'client':
        return await api.patch('/api/clients/{id}', { params, body })
      case 'brand':
        return await api.patch('/api/brands/{id}', {
          params,
          body: { ...body, ...(parent === null ? {} : { client_id: parent }) },
        })
      case 'segment':
        return await api.patch('/api/segments/{id}', { params, body })
      case 'type':
        return await api.patch('/api/pipeline-types/{id}', { params, body: { ...body, segment_id: parent } })
    }
  }
}

export async function deleteRecord(kind: Kind, id: string): Promise<void> {
  const params = { path: { id } }
  if (kind === 'client') await api.delete('/api/clients/{id}', { params })
  else if (kind === 'brand') await api.delete('/api/brands/{id}', { params })
  else if (kind === 'segment') await api.delete('/api/segments/{id}', { params })
  else await api.delete('/api/pipeline-types/{id}', { params })
  await invalidateRecords()
}

async function invalidateRecords(): Promise<void> {
  await invalidate(
    ...(['/api/clients', '/api/brands', '/api/segments', '/api/pipeline-types'] as const),
    ...(['/api/pipelines', '/api/pipelines/{id}'] as const),
  )
}
