import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { resourceClassRoutes } from './class-routes.ts'
import { poolMemberRoutes } from './member-routes.ts'
import { resourcePoolRoutes } from './pool-routes.ts'
import { quotaRoutes } from './quota-routes.ts'
import { userPoolRoutes } from './user-pool-routes.ts'
import { poolUserRoutes } from './user-routes.ts'

/** Resource pools and their classes: what work may get, and who may use it. */
export function computeRoutes(api: ServerApi, context: ServerContext): void {
  resourcePoolRoutes(api, context)
  resourceClassRoutes(api, context)
  quotaRoutes(api, context)
  poolUserRoutes(api, context)
  poolMemberRoutes(api, context)
  userPoolRoutes(api, context)
}
