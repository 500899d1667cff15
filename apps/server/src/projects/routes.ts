import type { ServerApi, ServerContext } from '../server-context.ts'

export function projectRoutes(_api: ServerApi, _context: ServerContext): void {}
