import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../app/root-route.ts'

const groupRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/groups/$group',
  component: lazyRouteComponent(() => import('./group-layout.tsx'), 'GroupLayout'),
})

export const groupRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/groups',
    component: lazyRouteComponent(() => import('./groups-page.tsx'), 'GroupsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/groups/new',
    component: lazyRouteComponent(() => import('./new-group-page.tsx'), 'NewGroupPage'),
  }),
  groupRoute.addChildren([
    createRoute({
      getParentRoute: () => groupRoute,
      path: '/',
      component: lazyRouteComponent(() => import('./group-page.tsx'), 'GroupPage'),
    }),
    createRoute({
      getParentRoute: () => groupRoute,
      path: '/members',
      component: lazyRouteComponent(() => import('./group-members-page.tsx'), 'GroupMembersPage'),
    }),
    createRoute({
      getParentRoute: () => groupRoute,
      path: '/settings',
      component: lazyRouteComponent(() => import('./group-settings-page.tsx'), 'GroupSettingsPage'),
    }),
    createRoute({
      getParentRoute: () => groupRoute,
      path: '/audit',
      component: lazyRouteComponent(() => import('./group-audit-page.tsx'), 'GroupAuditPage'),
    }),
  ]),
]
