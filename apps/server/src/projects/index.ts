export { findProject, type ProjectSummary, projectRef } from './find-project.ts'
export { projectRoutes } from './routes.ts'
