export { removeUser } from './remove-user.ts'
export { removalRoutes } from './routes.ts'
