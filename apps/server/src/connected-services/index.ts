export { connectedServiceRoutes } from './routes.ts'
