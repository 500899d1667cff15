import type { ServerApi, ServerContext } from '../server-context.ts'

export function searchRoutes(_api: ServerApi, _context: ServerContext): void {}
