import { api, invalidate, type Schema } from '../../api/index.ts'

const yaml = { 'content-type': 'application/yaml' }
const path = (projectId: string) => `/api/projects/${encodeURIComponent(projectId)}/configuration`

/** All that is configured in a project, as YAML. */
export async function exportConfiguration(projectId: string, signal: AbortSignal): Promise<string> {
  return await (await api.stream(path(projectId), { signal })).text()
}

export async function planConfiguration(
  projectId: string,
  text: string,
  prune: boolean,
): Promise<Schema<'ConfigurationPlan'>> {
  const answer = await api.stream(`${path(projectId)}/plan?prune=${prune}`, {
    method: 'POST',
    body: text,
    headers: yaml,
  })
  return (await answer.json()) as Schema<'ConfigurationPlan'>
}

export async function applyConfiguration(projectId: string, text: string, prune: boolean): Promise<number> {
  const answer = await api.stream(`${path(projectId)}?prune=${prune}`, { method: 'PUT', body: text, headers: yaml })
  const { changes } = (await answer.json()) as { readonly changes: readonly unknown[] }
  await invalidate(
    ...(['/api/pipelines', '/api/pipelines/{id}', '/api/pipelines/{id}/graph', '/api/pipeline-templates'] as const),
    ...(['/api/clients', '/api/brands', '/api/segments', '/api/pipeline-types', '/api/workflows'] as const),
  )
  return changes.length
}
