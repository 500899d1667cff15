export { ensureUser } from './ensure-user.ts'
export { userRoutes } from './routes.ts'
export { saveUser } from './save-user.ts'
export { displayName, findUser, type User, type UserProfile } from './store.ts'
