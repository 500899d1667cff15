export { connectionRoutes } from './routes.ts'
export { connectionVault } from './vault.ts'
