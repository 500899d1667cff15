import type { ServerApi, ServerContext } from '../server-context.ts'

export function auditRoutes(_api: ServerApi, _context: ServerContext): void {}
