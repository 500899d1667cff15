export { nextTicks } from './next-ticks.ts'
export { scheduleRoutes } from './routes.ts'
