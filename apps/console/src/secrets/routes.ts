import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../app/root-route.ts'
import { projectRoute } from '../projects/index.ts'
import { pageSearch } from '../ui/index.ts'
import { secretsSearch } from './search.ts'

export const secretRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/secrets',
    validateSearch: secretsSearch,
    component: lazyRouteComponent(() => import('./secrets-page.tsx'), 'SecretsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/secrets/of/$namespace',
    validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('./namespace-secrets-page.tsx'), 'NamespaceSecretsPage'),
  }),
]

/** Parts of the page of a project. */
export const secretProjectParts = [
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/secrets',
    validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('./project-secrets-page.tsx'), 'ProjectSecretsPage'),
  }),
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/variables',
    validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('./project-variables-page.tsx'), 'ProjectVariablesPage'),
  }),
]
