import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../app/root-route.ts'

/** The page of a project; other areas hang their parts of it below. */
export const projectRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/projects/$namespace/$project',
  component: lazyRouteComponent(() => import('./project-layout.tsx'), 'ProjectLayout'),
})
