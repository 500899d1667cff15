import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../app/root-route.ts'
import { pageSearch } from '../ui/index.ts'

export const accountRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/account',
    validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('./account-page.tsx'), 'AccountPage'),
  }),
]
