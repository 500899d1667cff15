import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../app/root-route.ts'
import { pageSearch } from '../ui/index.ts'

export const homeRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/',
    component: lazyRouteComponent(() => import('./home-page.tsx'), 'HomePage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/search',
    // What is looked for, in the language of the search.
    validateSearch: (search: Record<string, unknown>): { q?: string; page?: number } => ({
      ...pageSearch(search),
      // A text of digits is a number in the address.
      ...(typeof search.q === 'string' || typeof search.q === 'number' ? { q: `${search.q}` } : {}),
    }),
    component: lazyRouteComponent(() => import('./search/index.ts'), 'SearchPage'),
  }),
]
