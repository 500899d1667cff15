import { type Queryable, sql } from '@millrace/db'
import type { Configuration } from '@millrace/pipelines'
import { type CatalogueRow, readCatalogue } from './catalogue-store.ts'
import { readPipelines } from './pipeline-store.ts'
import { readTemplates } from './template-store.ts'

/** All that is configured in a project, with names in place of ids. */
export async function readConfiguration(db: Queryable, projectId: string): Promise<Configuration> {
  const segments = await readCatalogue(db, 'segment', projectId)
  const types = await readCatalogue(db, 'pipeline_type', projectId)
  const clients = await readCatalogue(db, 'client', projectId)
  const brands = await readCatalogue(db, 'brand', projectId)
  const templates = await readTemplates(db, projectId)
  const pipelines = await readPipelines(db, sql`p.project_id = ${projectId}`)
  const segmentNames = new Map(segments.map(({ id, name }) => [id, name]))
  return {
    format: 1,
    segments: segments.map(named),
    pipeline_types: types.map((type) => ({ ...named(type), segment: segmentNames.get(type.parent_id ?? '') ?? null })),
    clients: clients.map((client) => ({
      ...named(client),
      brands: brands.filter(({ parent_id }) => parent_id === client.id).map(named),
    })),
    templates: templates.map(({ name, description, state, operator, config, variable_structures, tags }) => ({
      ...{ name, description, state, operator, tags: [...tags] },
      config: config as Configuration['templates'][number]['config'],
      variable_structures: { ...variable_structures },
    })),
    pipelines: pipelines.map(
      ({ name, description, client, brand, type, is_active, run_frequency, transformations }) => ({
        ...{ name, description, brand: `${client}/${brand}`, type, is_active, run_frequency },
        transformations: transformations.map(({ state, template, graphOrder, variables }) => ({
          ...{ state, template: template.name, graph_order: graphOrder, variables: { ...variables } },
        })),
      }),
    ),
  }
}

function named({ name, display_name }: CatalogueRow) {
  return { name, display_name }
}
