import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../app/root-route.ts'
import { projectRoute } from '../projects/index.ts'
import { pageSearch } from '../ui/index.ts'
import { copySearch, newCopySearch } from './search.ts'

export const copyRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/copies',
    validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('./copies-page.tsx'), 'CopiesPage'),
  }),
]

/** Parts of the page of a project. */
export const copyProjectParts = [
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/copies',
    validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('./project-copies-page.tsx'), 'ProjectCopiesPage'),
  }),
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/copies/new',
    validateSearch: newCopySearch,
    component: lazyRouteComponent(() => import('./new-copy-page.tsx'), 'NewCopyPage'),
  }),
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/copies/$copy',
    validateSearch: copySearch,
    component: lazyRouteComponent(() => import('./copy-page.tsx'), 'CopyPage'),
  }),
]
