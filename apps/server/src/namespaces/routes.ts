import type { ServerApi, ServerContext } from '../server-context.ts'

export function namespaceRoutes(_api: ServerApi, _context: ServerContext): void {}
