export { gridRoutes } from './routes.ts'
