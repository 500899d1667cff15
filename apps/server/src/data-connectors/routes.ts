import type { ServerApi, ServerContext } from '../server-context.ts'

export function dataConnectorRoutes(_api: ServerApi, _context: ServerContext): void {}
