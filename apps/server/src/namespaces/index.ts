export { projectIdByPath, projectIdBySlugs } from './project-path.ts'
export { renameNamespace, takenNamespace } from './rename-namespace.ts'
export { missingNamespace, namespaceRoutes } from './routes.ts'
export { findNamespace, lockNamespace, type NamespaceRow, namespaceIdBySlug, namespaceRef } from './store.ts'
