import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { linkRoutes } from './session-secret-routes.ts'
import { slotRoutes } from './slot-routes.ts'

export function sessionSecretRoutes(api: ServerApi, context: ServerContext): void {
  slotRoutes(api, context)
  linkRoutes(api, context)
}
