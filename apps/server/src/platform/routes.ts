import type { ServerApi, ServerContext } from '../server-context.ts'

export function platformRoutes(_api: ServerApi, _context: ServerContext): void {}
