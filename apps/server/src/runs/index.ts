export { runRoutes } from './routes.ts'
export { listenForRuns, type RunChanges } from './run-changes.ts'
