import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { configRoutes } from './config-routes.ts'
import { redirectRoutes } from './redirect-routes.ts'

export function platformRoutes(api: ServerApi, context: ServerContext): void {
  configRoutes(api, context)
  redirectRoutes(api, context)
}
