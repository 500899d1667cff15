export { launcherRoutes } from './routes.ts'
