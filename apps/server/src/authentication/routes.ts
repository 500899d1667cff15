import type { ServerApi } from '../principals.ts'
import type { ServerContext } from '../server-context.ts'
import { cliSignInRoutes } from './cli-sign-in-routes.ts'
import type { Authentication } from './create-authentication.ts'
import { internalTokenRoutes } from './internal-token-routes.ts'
import { personalTokenRoutes } from './personal-token-routes.ts'
import { sessionRoutes } from './session-routes.ts'
import { signInRoutes } from './sign-in-routes.ts'
import { signedInRoutes } from './signed-in-routes.ts'

export function authenticationRoutes(api: ServerApi, context: ServerContext, authentication: Authentication): void {
  signInRoutes(api, context, authentication)
  sessionRoutes(api, context, authentication)
  signedInRoutes(api, context)
  cliSignInRoutes(api, context, authentication)
  personalTokenRoutes(api, context)
  internalTokenRoutes(api, authentication.internalTokens)
}
