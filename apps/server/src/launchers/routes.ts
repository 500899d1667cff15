import type { ServerApi, ServerContext } from '../server-context.ts'

export function launcherRoutes(_api: ServerApi, _context: ServerContext): void {}
