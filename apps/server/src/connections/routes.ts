import type { ServerApi, ServerContext } from '../server-context.ts'

export function connectionRoutes(_api: ServerApi, _context: ServerContext): void {}
