import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../app/root-route.ts'
import { graphSearch, gridSearch, olderSearch, triggerSearch, versionsSearch, workflowsSearch } from './search.ts'

const workflowRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/workflows/$workflow',
  component: lazyRouteComponent(() => import('./workflow-layout.tsx'), 'WorkflowLayout'),
})

export const workflowRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/workflows',
    validateSearch: workflowsSearch,
    component: lazyRouteComponent(() => import('./workflows-page.tsx'), 'WorkflowsPage'),
  }),
  workflowRoute.addChildren([
    createRoute({
      getParentRoute: () => workflowRoute,
      path: '/',
      validateSearch: gridSearch,
      component: lazyRouteComponent(() => import('./workflow-page.tsx'), 'WorkflowPage'),
    }),
    createRoute({
      getParentRoute: () => workflowRoute,
      path: '/graph',
      validateSearch: graphSearch,
      component: lazyRouteComponent(() => import('./workflow-graph-page.tsx'), 'WorkflowGraphPage'),
    }),
    createRoute({
      getParentRoute: () => workflowRoute,
      path: '/versions',
      validateSearch: versionsSearch,
      component: lazyRouteComponent(() => import('./workflow-versions-page.tsx'), 'WorkflowVersionsPage'),
    }),
    createRoute({
      getParentRoute: () => workflowRoute,
      path: '/trigger',
      validateSearch: triggerSearch,
      component: lazyRouteComponent(() => import('./trigger-page.tsx'), 'TriggerPage'),
    }),
    createRoute({
      getParentRoute: () => workflowRoute,
      path: '/schedule',
      component: lazyRouteComponent(() => import('./workflow-schedule-page.tsx'), 'WorkflowSchedulePage'),
    }),
    createRoute({
      getParentRoute: () => workflowRoute,
      path: '/backfills',
      validateSearch: olderSearch,
      component: lazyRouteComponent(() => import('./workflow-backfills-page.tsx'), 'WorkflowBackfillsPage'),
    }),
    createRoute({
      getParentRoute: () => workflowRoute,
      path: '/backfills/new',
      component: lazyRouteComponent(() => import('./new-backfill-page.tsx'), 'NewBackfillPage'),
    }),
    createRoute({
      getParentRoute: () => workflowRoute,
      path: '/settings',
      component: lazyRouteComponent(() => import('./workflow-settings-page.tsx'), 'WorkflowSettingsPage'),
    }),
  ]),
]
