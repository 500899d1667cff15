import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { authorizeRoutes } from './authorize-routes.ts'
import { connectionRoutes } from './connection-routes.ts'
import { providerRoutes } from './provider-routes.ts'
import { tokenEndpointRoutes } from './token-endpoint.ts'

export function connectedServiceRoutes(api: ServerApi, context: ServerContext): void {
  providerRoutes(api, context)
  authorizeRoutes(api, context)
  connectionRoutes(api, context)
  tokenEndpointRoutes(api, context)
}
