import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../app/root-route.ts'
import { pageSearch } from '../ui/index.ts'

export const repositoryRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/repositories',
    validateSearch: (search: Record<string, unknown>): { page?: number; url?: string } => ({
      ...pageSearch(search),
      ...(typeof search.url === 'string' ? { url: search.url } : {}),
    }),
    component: lazyRouteComponent(() => import('./repositories-page.tsx'), 'RepositoriesPage'),
  }),
]
