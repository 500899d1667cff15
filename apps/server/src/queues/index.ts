export { queueRoutes } from './routes.ts'
export { unservedQueues } from './unserved-queues.ts'
