export { invalidPipelines } from './invalid-pipelines.ts'
export { expectNoPipeline } from './pipeline-workflows.ts'
export { pipelineRoutes } from './routes.ts'
