export type {
  ClickhouseHttp,
  ClickhouseHttpOptions,
  Fault,
  RateLimits,
  TinybirdLocal,
  TinybirdLocalOptions,
} from './types.ts'
