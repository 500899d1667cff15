export { projectRoute } from './project-route.ts'
export { projectParts, projectRoutes } from './routes.ts'
export { useProject } from './use-project.ts'
