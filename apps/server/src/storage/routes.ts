import type { ServerApi, ServerContext } from '../server-context.ts'

export function storageRoutes(_api: ServerApi, _context: ServerContext): void {}
