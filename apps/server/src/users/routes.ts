import type { ServerApi, ServerContext } from '../server-context.ts'

export function userRoutes(_api: ServerApi, _context: ServerContext): void {}
