import type { ServerApi, ServerContext } from '../server-context.ts'

export function connectedServiceRoutes(_api: ServerApi, _context: ServerContext): void {}
