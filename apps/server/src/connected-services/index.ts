export { baseOf, githubApi } from './kinds.ts'
export { findProvider, listProviders, type ProviderKind, type ProviderRow } from './provider-store.ts'
export { connectedServiceRoutes } from './routes.ts'
export { tokenFor } from './tokens.ts'
