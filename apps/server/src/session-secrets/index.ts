export { copySlots } from './copy-slots.ts'
export { sessionSecretRoutes } from './routes.ts'
