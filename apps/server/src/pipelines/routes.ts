import type { Trials } from '../connections/index.ts'
import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { catalogueRoutes } from './catalogue-routes.ts'
import { configApiRoutes } from './config-api.ts'
import { configurationRoutes } from './configuration-routes.ts'
import { datasetRoutes } from './dataset-routes.ts'
import { draftRoutes } from './draft-routes.ts'
import { pipelineRecordRoutes } from './pipeline-routes.ts'
import { pipelineRunRoutes } from './run-routes.ts'
import { templateRoutes } from './template-routes.ts'
import { transformationRoutes } from './transformation-routes.ts'

export function pipelineRoutes(api: ServerApi, context: ServerContext, trials: Trials): void {
  catalogueRoutes(api, context)
  templateRoutes(api, context)
  pipelineRecordRoutes(api, context)
  draftRoutes(api, context)
  transformationRoutes(api, context)
  pipelineRunRoutes(api, context)
  datasetRoutes(api, context, trials)
  configurationRoutes(api, context)
  configApiRoutes(api, context)
}
