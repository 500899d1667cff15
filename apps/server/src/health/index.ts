export { recentRequests } from './recent-requests.ts'
export { healthRoutes } from './routes.ts'
