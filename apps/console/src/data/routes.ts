import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { projectRoute } from '../projects/index.ts'
import { newDataSearch } from './search.ts'

/** Parts of the page of a project. */
export const dataProjectParts = [
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/data',
    component: lazyRouteComponent(() => import('./project-data-page.tsx'), 'ProjectDataPage'),
  }),
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/data/new',
    validateSearch: newDataSearch,
    component: lazyRouteComponent(() => import('./new-data-page.tsx'), 'NewDataPage'),
  }),
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/data/$connector',
    component: lazyRouteComponent(() => import('./connector-page.tsx'), 'ConnectorPage'),
  }),
]
