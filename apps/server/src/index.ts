export { createServer, type Server, type ServerOptions } from './create-server.ts'
export { type RunningServer, type StartServerOptions, startServer } from './start-server.ts'
