import type { ServerApi, ServerContext } from '../server-context.ts'

export function environmentRoutes(_api: ServerApi, _context: ServerContext): void {}
