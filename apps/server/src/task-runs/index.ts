export { createLogChanges, type LogChanges } from './follow-log.ts'
export { taskRunRoutes } from './routes.ts'
export { tellingWorkerApi } from './telling-worker-api.ts'
