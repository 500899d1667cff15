export { groupRef, lockGroupFor } from './change-group.ts'
export { groupRoutes } from './routes.ts'
