export { copyProjectLinks, removeDataConnectors } from './for-projects.ts'
export { dataConnectorRoutes } from './routes.ts'
