export { unservedQueues } from './unserved-queues.ts'
