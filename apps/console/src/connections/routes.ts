import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../app/root-route.ts'
import { projectRoute } from '../projects/index.ts'
import { pageSearch } from '../ui/index.ts'
import { connectionSearch, connectionsSearch, newConnectionSearch } from './search.ts'

const placePages = () => import('./place-pages.tsx')

export const connectionRoutes = [
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/connections',
    validateSearch: connectionsSearch,
    component: lazyRouteComponent(() => import('./connections-page.tsx'), 'ConnectionsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/connections/of/$namespace',
    validateSearch: pageSearch,
    component: lazyRouteComponent(placePages, 'PlaceConnectionsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/connections/of/$namespace/new',
    validateSearch: newConnectionSearch,
    component: lazyRouteComponent(placePages, 'NewPlaceConnectionPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/connections/of/$namespace/$connection',
    validateSearch: connectionSearch,
    component: lazyRouteComponent(placePages, 'PlaceConnectionPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/connections/platform',
    validateSearch: pageSearch,
    component: lazyRouteComponent(placePages, 'PlaceConnectionsPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/connections/platform/new',
    validateSearch: newConnectionSearch,
    component: lazyRouteComponent(placePages, 'NewPlaceConnectionPage'),
  }),
  createRoute({
    getParentRoute: () => shellRoute,
    path: '/connections/platform/$connection',
    validateSearch: connectionSearch,
    component: lazyRouteComponent(placePages, 'PlaceConnectionPage'),
  }),
]

/** Parts of the page of a project. */
export const connectionProjectParts = [
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/connections',
    validateSearch: pageSearch,
    component: lazyRouteComponent(() => import('./project-connections-page.tsx'), 'ProjectConnectionsPage'),
  }),
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/connections/new',
    validateSearch: newConnectionSearch,
    component: lazyRouteComponent(() => import('./new-connection-page.tsx'), 'NewConnectionPage'),
  }),
  createRoute({
    getParentRoute: () => projectRoute,
    path: '/connections/$connection',
    validateSearch: connectionSearch,
    component: lazyRouteComponent(() => import('./connection-page.tsx'), 'ConnectionPage'),
  }),
]
