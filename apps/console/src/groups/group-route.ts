import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { shellRoute } from '../app/root-route.ts'

/** The page of a group; other areas hang their parts of it below. */
export const groupRoute = createRoute({
  getParentRoute: () => shellRoute,
  path: '/groups/$group',
  component: lazyRouteComponent(() => import('./group-layout.tsx'), 'GroupLayout'),
})
