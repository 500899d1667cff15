export { projectCopyRoutes } from './routes.ts'
