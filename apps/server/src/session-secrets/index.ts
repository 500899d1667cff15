export { copySlots } from './copy-slots.ts'
export { missingSessionSecrets } from './missing-session-secrets.ts'
export { sessionSecretRoutes } from './routes.ts'
