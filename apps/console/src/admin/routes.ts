import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../app/root-route.ts'
import { auditSearch } from '../audit/search.ts'
import { pageSearch } from '../ui/index.ts'
import { usersSearch, workersSearch } from './search.ts'

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
      validateSearch: usersSearch,
      component: lazyRouteComponent(() => import('./users-page.tsx'), 'UsersPage'),
    }),
    createRoute({
      getParentRoute: () => adminRoute,
      path: '/users/$user',
      component: lazyRouteComponent(() => import('./user-page.tsx'), 'UserPage'),
    }),
    createRoute({
      getParentRoute: () => adminRoute,
      path: '/compute',
      validateSearch: pageSearch,
      component: lazyRouteComponent(() => import('./compute-page.tsx'), 'ComputePage'),
    }),
    createRoute({
      getParentRoute: () => adminRoute,
      path: '/compute/$pool',
      validateSearch: pageSearch,
      component: lazyRouteComponent(() => import('./resource-pool-page.tsx'), 'ResourcePoolPage'),
    }),
    createRoute({
      getParentRoute: () => adminRoute,
      path: '/tokens',
      validateSearch: pageSearch,
      component: lazyRouteComponent(() => import('./tokens-page.tsx'), 'TokensPage'),
    }),
    createRoute({
      getParentRoute: () => adminRoute,
      path: '/workers',
      validateSearch: workersSearch,
      component: lazyRouteComponent(() => import('./workers-page.tsx'), 'WorkersPage'),
    }),
    createRoute({
      getParentRoute: () => adminRoute,
      path: '/queues',
      validateSearch: pageSearch,
      component: lazyRouteComponent(() => import('./queues-page.tsx'), 'QueuesPage'),
    }),
    createRoute({
      getParentRoute: () => adminRoute,
      path: '/services',
      validateSearch: pageSearch,
      component: lazyRouteComponent(() => import('./providers-page.tsx'), 'ProvidersPage'),
    }),
    createRoute({
      getParentRoute: () => adminRoute,
      path: '/platform',
      validateSearch: pageSearch,
      component: lazyRouteComponent(() => import('./platform-page.tsx'), 'PlatformPage'),
    }),
    createRoute({
      getParentRoute: () => adminRoute,
      path: '/variables',
      validateSearch: pageSearch,
      component: lazyRouteComponent(() => import('./variables-page.tsx'), 'VariablesPage'),
    }),
    createRoute({
      getParentRoute: () => adminRoute,
      path: '/secrets',
      validateSearch: pageSearch,
      component: lazyRouteComponent(() => import('./platform-secrets-page.tsx'), 'PlatformSecretsPage'),
    }),
    createRoute({
      getParentRoute: () => adminRoute,
      path: '/jobs',
      validateSearch: pageSearch,
      component: lazyRouteComponent(() => import('./jobs-page.tsx'), 'JobsPage'),
    }),
    createRoute({
      getParentRoute: () => adminRoute,
      path: '/jobs/$job',
      validateSearch: pageSearch,
      component: lazyRouteComponent(() => import('./job-page.tsx'), 'JobPage'),
    }),
    createRoute({
      getParentRoute: () => adminRoute,
      path: '/audit',
      validateSearch: auditSearch,
      component: lazyRouteComponent(() => import('./audit-page.tsx'), 'AuditPage'),
    }),
  ]),
]
