export { repositoryRoutes } from './routes.ts'
