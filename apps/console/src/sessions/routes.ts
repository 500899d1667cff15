import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../app/root-route.ts'
import { projectRoute } from '../projects/index.ts'
import { pageSearch } from '../ui/index.ts'

export const sessionRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/sessions',
    validateSearch: (search: Record<string, unknown>): { page?: number; archived?: true } => ({
      ...pageSearch(search),
      ...(search.archived === true ? { archived: true as const } : {}),
    }),
    component: lazyRouteComponent(() => import('./sessions-page.tsx'), 'SessionsPage'),
  }),
]

/** Parts of the page of a project. */
export const sessionProjectParts = [
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/sessions',
    validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('./project-sessions-page.tsx'), 'ProjectSessionsPage'),
  }),
]
