import type { ServerApi, ServerContext } from '../server-context.ts'

export function secretRoutes(_api: ServerApi, _context: ServerContext): void {}
