export { dataConnectorRoutes } from './routes.ts'
