import { createRouter } from '@tanstack/react-router'
import { accountRoutes } from '../account/routes.ts'
import { adminRoutes } from '../admin/routes.ts'
import { queryClient } from '../api/index.ts'
import { connectionProjectParts, connectionRoutes } from '../connections/routes.ts'
import { copyProjectParts, copyRoutes } from '../copies/routes.ts'
import { dataProjectParts } from '../data/routes.ts'
import { groupParts, groupRoute, groupRoutes } from '../groups/index.ts'
import { homeRoutes } from '../home/routes.ts'
import { pipelineProjectParts, pipelineRoutes } from '../pipelines/routes.ts'
import { projectParts, projectRoute, projectRoutes } from '../projects/index.ts'
import { repositoryRoutes } from '../repositories/routes.ts'
import { runRoutes } from '../runs/routes.ts'
import { secretProjectParts, secretRoutes } from '../secrets/routes.ts'
import { serviceRoutes } from '../services/routes.ts'
import { sessionProjectParts, sessionRoutes } from '../sessions/routes.ts'
import { signInRoutes } from '../sign-in/routes.ts'
import { NotFound, RouteError, RoutePending } from '../ui/index.ts'
import { workflowRoutes } from '../workflows/routes.ts'
import { elsewhereRoute, rootRoute, shellRoute } from './root-route.ts'

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
      ...secretProjectParts,
      ...sessionProjectParts,
      ...dataProjectParts,
    ]),
    ...groupRoutes,
    groupRoute.addChildren([...groupParts]),
    ...connectionRoutes,
    ...copyRoutes,
    ...workflowRoutes,
    ...runRoutes,
    ...pipelineRoutes,
    ...adminRoutes,
    ...accountRoutes,
    ...secretRoutes,
    ...serviceRoutes,
    ...repositoryRoutes,
    ...sessionRoutes,
    elsewhereRoute,
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
