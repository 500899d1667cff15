export { pipelineRoutes } from './routes.ts'
