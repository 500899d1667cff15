export { startClickhouseHttp } from './clickhouse-http.ts'
export { startTinybirdLocal } from './tinybird-local.ts'
export type {
  ClickhouseHttp,
  ClickhouseHttpOptions,
  Fault,
  RateLimits,
  TinybirdLocal,
  TinybirdLocalOptions,
} from './types.ts'
