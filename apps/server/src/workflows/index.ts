export { packageRoutes } from './package-routes.ts'
export { workflowRoutes } from './routes.ts'
export { listWorkflows, type WorkflowSummary } from './store.ts'
