import type { ServerApi, ServerContext } from '../server-context.ts'

export function computeRoutes(_api: ServerApi, _context: ServerContext): void {}
