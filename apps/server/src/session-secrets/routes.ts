import type { ServerApi, ServerContext } from '../server-context.ts'

export function sessionSecretRoutes(_api: ServerApi, _context: ServerContext): void {}
