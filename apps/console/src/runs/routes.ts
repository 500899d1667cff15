import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../app/root-route.ts'
import { compareSearch, runSearch, runsSearch, tasksSearch } from './search.ts'

const runRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/runs/$run',
  validateSearch: runSearch,
  component: lazyRouteComponent(() => import('./run-layout.tsx'), 'RunLayout'),
})

export const runRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/runs',
    validateSearch: runsSearch,
    component: lazyRouteComponent(() => import('./runs-page.tsx'), 'RunsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/runs/compare',
    validateSearch: compareSearch,
    component: lazyRouteComponent(() => import('./compare-runs-page.tsx'), 'CompareRunsPage'),
  }),
  runRoute.addChildren([
    createRoute({
      getParentRoute: () => runRoute,
      path: '/',
      component: lazyRouteComponent(() => import('./run-graph-page.tsx'), 'RunGraphPage'),
    }),
    createRoute({
      getParentRoute: () => runRoute,
      path: '/gantt',
      component: lazyRouteComponent(() => import('./run-gantt-page.tsx'), 'RunGanttPage'),
    }),
    createRoute({
      getParentRoute: () => runRoute,
      path: '/tasks',
      validateSearch: tasksSearch,
      component: lazyRouteComponent(() => import('./run-tasks-page.tsx'), 'RunTasksPage'),
    }),
    createRoute({
      getParentRoute: () => runRoute,
      path: '/events',
      component: lazyRouteComponent(() => import('./run-events-page.tsx'), 'RunEventsPage'),
    }),
  ]),
]
