import type { ServerApi, ServerContext } from '../server-context.ts'

export function jobRoutes(_api: ServerApi, _context: ServerContext): void {}
