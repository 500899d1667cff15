export { decryptAtRest, encryptAtRest, renewAtRest } from './at-rest.ts'
export { checkKeys } from './check-keys.ts'
export { masterKeys } from './master-keys.ts'
export { type MasterKeyRotation, rotateMasterKey } from './rotate-master-key.ts'
export { secretRoutes } from './routes.ts'
export { type Sealed, seal, unseal } from './seal.ts'
export { secretRotation } from './secret-rotation.ts'
export { findTaskSecret, type TaskSecret } from './task-secret-store.ts'
export { readTaskSecret, removeAbandonedValues } from './task-secret-values.ts'
export { secretValue } from './user-secret-routes.ts'
export {
  createUserSecret,
  type NewUserSecret,
  secretMissing,
  type UserSecretChanges,
  updateUserSecret,
} from './user-secret-service.ts'
export { findUserSecret, type UserSecret, unexpired } from './user-secret-store.ts'
