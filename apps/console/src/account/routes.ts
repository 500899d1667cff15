import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../app/root-route.ts'
import { projectRoute } from '../projects/index.ts'

export const accountRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/account',
    component: lazyRouteComponent(() => import('./account-page.tsx'), 'AccountPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/secrets',
    component: lazyRouteComponent(() => import('./secrets-page.tsx'), 'SecretsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/services',
    component: lazyRouteComponent(() => import('./services-page.tsx'), 'ServicesPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/repositories',
    component: lazyRouteComponent(() => import('./repositories-page.tsx'), 'RepositoriesPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/sessions',
    component: lazyRouteComponent(() => import('./sessions-page.tsx'), 'SessionsPage'),
  }),
]

/** Parts of the page of a project. */
export const accountProjectParts = [
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/secrets',
    component: lazyRouteComponent(() => import('./project-secrets-page.tsx'), 'ProjectSecretsPage'),
  }),
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/sessions',
    component: lazyRouteComponent(() => import('./project-sessions-page.tsx'), 'ProjectSessionsPage'),
  }),
]
