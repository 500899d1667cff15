export { copyLaunchers } from './copy-launchers.ts'
export { launcherRoutes } from './routes.ts'
