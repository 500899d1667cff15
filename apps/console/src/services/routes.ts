import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../app/root-route.ts'

export const serviceRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/services',
    validateSearch: (search: Record<string, unknown>): { back?: string } =>
      typeof search.back === 'string' ? { back: search.back } : {},
    component: lazyRouteComponent(() => import('./services-page.tsx'), 'ServicesPage'),
  }),
]
