export { ApiError, UnreachableError } from './api-error.ts'
export { type Client, type ClientOptions, createClient, type Page, type StreamInit } from './client.ts'
export { type FollowOptions, followEvents, followLog, type LogEntry, type RunEvent } from './follow.ts'
export type { components, operations, paths } from './schema.generated.ts'
