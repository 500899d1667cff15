import type { ServerApi, ServerContext } from '../server-context.ts'

export function repositoryRoutes(_api: ServerApi, _context: ServerContext): void {}
