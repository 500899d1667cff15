export { backfillRoutes } from './routes.ts'
