export { sessionSecretRoutes } from './routes.ts'
