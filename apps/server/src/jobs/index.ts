export type { Job, JobSummary } from './job.ts'
export { jobRoutes } from './routes.ts'
export { type JobOptions, startJobs } from './start-jobs.ts'
export { type JobRun, readJobState, requestJob, writeJobState } from './store.ts'
