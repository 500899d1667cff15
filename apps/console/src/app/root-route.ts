import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext, createRoute, Outlet, redirect } from '@tanstack/react-router'
import { sessionQuery } from '../api/index.ts'
import { NotFound } from '../ui/index.ts'
import { Shell } from './shell.tsx'

export const rootRoute = createRootRouteWithContext<{ readonly queryClient: QueryClient }>()({ component: Outlet })

/** Everything that asks for a person who is signed in, with the navigation around it. */
export const shellRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'shell',
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    const { user } = await context.queryClient.ensureQueryData(sessionQuery)
    if (user === undefined) throw redirect({ to: '/sign-in', search: { to: location.href } })
    return { user }
  },
})

/** Whatever no other route takes: said in its place, with the ways to go around it. */
export const elsewhereRoute = createRoute({ getParentRoute: () => shellRoute, path: '$', component: NotFound })
