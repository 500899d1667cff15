import type { ServerApi, ServerContext } from '../server-context.ts'

export function pipelineRoutes(_api: ServerApi, _context: ServerContext): void {}
