import type { ServerApi, ServerContext } from '../server-context.ts'

export function groupRoutes(_api: ServerApi, _context: ServerContext): void {}
