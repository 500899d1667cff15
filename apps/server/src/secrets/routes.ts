import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { kubernetesRoutes } from './kubernetes-routes.ts'
import { secretKeyRoutes } from './secret-key-routes.ts'
import { taskSecretRoutes } from './task-secret-routes.ts'
import { userSecretRoutes } from './user-secret-routes.ts'

export function secretRoutes(api: ServerApi, context: ServerContext): void {
  userSecretRoutes(api, context)
  secretKeyRoutes(api, context)
  taskSecretRoutes(api, context)
  kubernetesRoutes(api, context)
}
