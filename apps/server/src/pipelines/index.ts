export { expectNoPipeline } from './pipeline-workflows.ts'
export { pipelineRoutes } from './routes.ts'
