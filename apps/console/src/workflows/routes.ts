import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../app/root-route.ts'

const workflowRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/workflows/$workflow',
  component: lazyRouteComponent(() => import('./workflow-layout.tsx'), 'WorkflowLayout'),
})

export const workflowRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/workflows',
    component: lazyRouteComponent(() => import('./workflows-page.tsx'), 'WorkflowsPage'),
  }),
  workflowRoute.addChildren([
    createRoute({
      getParentRoute: () => workflowRoute,
      path: '/',
      component: lazyRouteComponent(() => import('./workflow-page.tsx'), 'WorkflowPage'),
    }),
    createRoute({
      getParentRoute: () => workflowRoute,
      path: '/graph',
      component: lazyRouteComponent(() => import('./workflow-graph-page.tsx'), 'WorkflowGraphPage'),
    }),
    createRoute({
      getParentRoute: () => workflowRoute,
      path: '/versions',
      component: lazyRouteComponent(() => import('./workflow-versions-page.tsx'), 'WorkflowVersionsPage'),
    }),
    createRoute({
      getParentRoute: () => workflowRoute,
      path: '/schedule',
      component: lazyRouteComponent(() => import('./workflow-schedule-page.tsx'), 'WorkflowSchedulePage'),
    }),
    createRoute({
      getParentRoute: () => workflowRoute,
      path: '/backfills',
      component: lazyRouteComponent(() => import('./workflow-backfills-page.tsx'), 'WorkflowBackfillsPage'),
    }),
  ]),
]
