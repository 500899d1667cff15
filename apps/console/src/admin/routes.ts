import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../app/root-route.ts'

const adminRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/admin',
  component: lazyRouteComponent(() => import('./admin-layout.tsx'), 'AdminLayout'),
})

export const adminRoutes = [
  adminRoute.addChildren([
    createRoute({
      getParentRoute: () => adminRoute,
      path: '/',
      component: lazyRouteComponent(() => import('./health-page.tsx'), 'HealthPage'),
    }),
    createRoute({
      getParentRoute: () => adminRoute,
      path: '/users',
      component: lazyRouteComponent(() => import('./users-page.tsx'), 'UsersPage'),
    }),
    createRoute({
      getParentRoute: () => adminRoute,
      path: '/compute',
      component: lazyRouteComponent(() => import('./compute-page.tsx'), 'ComputePage'),
    }),
    createRoute({
      getParentRoute: () => adminRoute,
      path: '/tokens',
      component: lazyRouteComponent(() => import('./tokens-page.tsx'), 'TokensPage'),
    }),
    createRoute({
      getParentRoute: () => adminRoute,
      path: '/workers',
      component: lazyRouteComponent(() => import('./workers-page.tsx'), 'WorkersPage'),
    }),
    createRoute({
      getParentRoute: () => adminRoute,
      path: '/queues',
      component: lazyRouteComponent(() => import('./queues-page.tsx'), 'QueuesPage'),
    }),
    createRoute({
      getParentRoute: () => adminRoute,
      path: '/platform',
      component: lazyRouteComponent(() => import('./platform-page.tsx'), 'PlatformPage'),
    }),
    createRoute({
      getParentRoute: () => adminRoute,
      path: '/jobs',
      component: lazyRouteComponent(() => import('./jobs-page.tsx'), 'JobsPage'),
    }),
    createRoute({
      getParentRoute: () => adminRoute,
      path: '/audit',
      component: lazyRouteComponent(() => import('./audit-page.tsx'), 'AuditPage'),
    }),
  ]),
]
