export { groupRef, lockGroupFor } from './change-group.ts'
export { groupRoutes } from './routes.ts'
export { findGroup, type Group } from './store.ts'
