export { namespaceRoutes } from './routes.ts'
