export { createLogChanges, type LogChanges } from './log-changes.ts'
export { taskRunRoutes } from './routes.ts'
export { tellingWorkerApi } from './telling-worker-api.ts'
