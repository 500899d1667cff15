export { poolRoutes } from './routes.ts'
