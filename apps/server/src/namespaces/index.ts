export { projectIdByPath } from './project-path.ts'
export { missingNamespace, namespaceRoutes } from './routes.ts'
export { findNamespace, type NamespaceRow, namespaceIdBySlug, namespaceRef } from './store.ts'
