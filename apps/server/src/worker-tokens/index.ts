export { workerTokenRoutes } from './routes.ts'
export { findWorkerToken } from './store.ts'
