export { namespaceRoutes } from './routes.ts'
export { findNamespace, type NamespaceRow, namespaceIdBySlug, namespaceRef } from './store.ts'
