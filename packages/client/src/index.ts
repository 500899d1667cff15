export { ApiError, UnreachableError } from './api-error.ts'
export {
  type ApiData,
  type ApiInit,
  type ApiPath,
  type Client,
  type ClientOptions,
  createClient,
  type ItemOf,
  type Page,
  type StreamInit,
} from './client.ts'
export {
  type FollowOptions,
  followEvents,
  followLive,
  followLog,
  type LiveHint,
  type LiveTopics,
  type LogEntry,
  type RunEvent,
  type RunHint,
  type RunState,
} from './follow.ts'
export type { Send } from './retrying-fetch.ts'
export type { components, operations, paths } from './schema.generated.ts'
