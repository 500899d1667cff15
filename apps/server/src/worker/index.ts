export { workerProtocolRoutes } from './routes.ts'
