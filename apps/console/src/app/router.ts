import { createRouter } from '@tanstack/react-router'
import { accountProjectParts, accountRoutes } from '../account/routes.ts'
import { adminRoutes } from '../admin/routes.ts'
import { queryClient } from '../api/index.ts'
import { connectionProjectParts, connectionRoutes } from '../connections/routes.ts'
import { copyProjectParts, copyRoutes } from '../copies/routes.ts'
import { groupRoutes } from '../groups/routes.ts'
import { homeRoutes } from '../home/routes.ts'
import { pipelineProjectParts, pipelineRoutes } from '../pipelines/routes.ts'
import { projectParts, projectRoute, projectRoutes } from '../projects/index.ts'
import { runRoutes } from '../runs/routes.ts'
import { signInRoutes } from '../sign-in/routes.ts'
import { NotFound, RouteError, RoutePending } from '../ui/index.ts'
import { workflowRoutes } from '../workflows/routes.ts'
import { rootRoute, shellRoute } from './root-route.ts'

const routeTree = rootRoute.addChildren([
  ...signInRoutes,
  shellRoute.addChildren([
    ...homeRoutes,
    ...projectRoutes,
    projectRoute.addChildren([
      ...projectParts,
      ...pipelineProjectParts,
      ...copyProjectParts,
      ...connectionProjectParts,
      ...accountProjectParts,
    ]),
    ...groupRoutes,
    ...connectionRoutes,
    ...copyRoutes,
    ...workflowRoutes,
    ...runRoutes,
    ...pipelineRoutes,
    ...adminRoutes,
    ...accountRoutes,
  ]),
])

export const router = createRouter({
  routeTree,
  context: { queryClient },
  defaultPreload: 'intent',
  // What is known is the query cache's business.
  defaultPreloadStaleTime: 0,
  scrollRestoration: true,
  defaultErrorComponent: RouteError,
  defaultNotFoundComponent: NotFound,
  defaultPendingComponent: RoutePending,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
