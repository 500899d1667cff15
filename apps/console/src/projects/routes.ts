import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../app/root-route.ts'
import { auditSearch } from '../audit/index.ts'
import { projectRoute } from './project-route.ts'
import { newProjectSearch, overviewSearch, projectsSearch, workflowsSearch } from './search.ts'

export const projectRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/projects',
    validateSearch: projectsSearch,
    component: lazyRouteComponent(() => import('./projects-page.tsx'), 'ProjectsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/projects/new',
    validateSearch: newProjectSearch,
    component: lazyRouteComponent(() => import('./new-project-page.tsx'), 'NewProjectPage'),
  }),
]

/** Parts of the page of a project that are this area's. */
export const projectParts = [
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/',
    validateSearch: overviewSearch,
    component: lazyRouteComponent(() => import('./project-page.tsx'), 'ProjectPage'),
  }),
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/workflows',
    validateSearch: workflowsSearch,
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
    validateSearch: auditSearch,
    component: lazyRouteComponent(() => import('./project-audit-page.tsx'), 'ProjectAuditPage'),
  }),
]
