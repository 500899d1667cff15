export { type ServeTasksOptions, serveTasks } from './serve-tasks.ts'
