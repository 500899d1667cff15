export { groupRoute } from './group-route.ts'
export { groupParts, groupRoutes } from './routes.ts'
export { useGroup } from './use-group.ts'
