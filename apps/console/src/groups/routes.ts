import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../app/root-route.ts'
import { auditSearch } from '../audit/index.ts'
import { pageSearch } from '../ui/index.ts'
import { groupRoute } from './group-route.ts'
import { groupSearch, groupsSearch } from './search.ts'

export const groupRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/groups',
    validateSearch: groupsSearch,
    component: lazyRouteComponent(() => import('./groups-page.tsx'), 'GroupsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/groups/new',
    component: lazyRouteComponent(() => import('./new-group-page.tsx'), 'NewGroupPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/people/$namespace',
    validateSearch: groupSearch,
    component: lazyRouteComponent(() => import('./person-page.tsx'), 'PersonPage'),
  }),
]

/** Parts of the page of a group that are this area's. */
export const groupParts = [
  createRoute({
    getParentRoute: () => groupRoute,
    path: '/',
    validateSearch: groupSearch,
    component: lazyRouteComponent(() => import('./group-page.tsx'), 'GroupPage'),
  }),
  createRoute({
    getParentRoute: () => groupRoute,
    path: '/members',
    component: lazyRouteComponent(() => import('./group-members-page.tsx'), 'GroupMembersPage'),
  }),
  createRoute({
    getParentRoute: () => groupRoute,
    path: '/connections',
    validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('./group-connections-page.tsx'), 'GroupConnectionsPage'),
  }),
  createRoute({
    getParentRoute: () => groupRoute,
    path: '/settings',
    component: lazyRouteComponent(() => import('./group-settings-page.tsx'), 'GroupSettingsPage'),
  }),
  createRoute({
    getParentRoute: () => groupRoute,
    path: '/audit',
    validateSearch: auditSearch,
    component: lazyRouteComponent(() => import('./group-audit-page.tsx'), 'GroupAuditPage'),
  }),
]
