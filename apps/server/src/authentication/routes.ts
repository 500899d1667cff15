import type { ServerApi, ServerContext } from '../server-context.ts'

export function authenticationRoutes(_api: ServerApi, _context: ServerContext): void {}
