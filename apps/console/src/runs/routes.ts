import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../app/root-route.ts'

export const runRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/runs',
    component: lazyRouteComponent(() => import('./runs-page.tsx'), 'RunsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/runs/compare',
    component: lazyRouteComponent(() => import('./compare-runs-page.tsx'), 'CompareRunsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/runs/$run',
    component: lazyRouteComponent(() => import('./run-page.tsx'), 'RunPage'),
  }),
]
