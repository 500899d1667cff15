import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../app/root-route.ts'
import { projectRoute } from '../projects/index.ts'

export const connectionRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/connections',
    component: lazyRouteComponent(() => import('./connections-page.tsx'), 'ConnectionsPage'),
  }),
]

/** Parts of the page of a project. */
export const connectionProjectParts = [
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/connections',
    component: lazyRouteComponent(() => import('./project-connections-page.tsx'), 'ProjectConnectionsPage'),
  }),
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/connections/new',
    component: lazyRouteComponent(() => import('./new-connection-page.tsx'), 'NewConnectionPage'),
  }),
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/connections/$connection',
    component: lazyRouteComponent(() => import('./connection-page.tsx'), 'ConnectionPage'),
  }),
]
