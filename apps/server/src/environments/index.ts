export { environmentRoutes } from './routes.ts'
