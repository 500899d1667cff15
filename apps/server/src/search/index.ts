export { reprovisionJob } from './reprovision-job.ts'
export { searchRoutes } from './routes.ts'
