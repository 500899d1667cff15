import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../app/root-route.ts'
import { projectRoute } from './project-route.ts'

export const projectRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/projects',
    component: lazyRouteComponent(() => import('./projects-page.tsx'), 'ProjectsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/projects/new',
    component: lazyRouteComponent(() => import('./new-project-page.tsx'), 'NewProjectPage'),
  }),
]

/** Parts of the page of a project that are this area's. */
export const projectParts = [
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/',
    component: lazyRouteComponent(() => import('./project-page.tsx'), 'ProjectPage'),
  }),
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/workflows',
    component: lazyRouteComponent(() => import('./project-workflows-page.tsx'), 'ProjectWorkflowsPage'),
  }),
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/members',
    component: lazyRouteComponent(() => import('./project-members-page.tsx'), 'ProjectMembersPage'),
  }),
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/settings',
    component: lazyRouteComponent(() => import('./project-settings-page.tsx'), 'ProjectSettingsPage'),
  }),
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/audit',
    component: lazyRouteComponent(() => import('./project-audit-page.tsx'), 'ProjectAuditPage'),
  }),
]
