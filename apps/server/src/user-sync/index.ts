export { adminSync, fullUserSync, userSync } from './user-sync.ts'
