export { type Api, type ApiOptions, type Callers, createApi } from './api.ts'
export { clientAddresses } from './client-address.ts'
export type { Answer, AnswerContent, Answers, Call, EndpointOptions, Rate } from './endpoint.ts'
export { type ErrorAnswer, type ErrorBody, errorAnswer } from './error-answer.ts'
export { checkIfMatch, etagOf, isNotModified, requireIfMatch } from './etag.ts'
export { type HealthOptions, healthEndpoints } from './health.ts'
export { conflict, forbidden, HttpError, invalid, notFound, unauthorized } from './http-error.ts'
export {
  type InternalToken,
  type InternalTokenIssuer,
  signInternalToken,
  verifyInternalToken,
} from './internal-token.ts'
export type { OpenApiDocument } from './openapi.ts'
export { type PageRequest, pageHeaders, pageQuery, pageRange } from './pagination.ts'
export {
  type Authenticate,
  bearerToken,
  createToken,
  hashToken,
  isSameToken,
  type Principal,
} from './principal.ts'
export { pathInteger, queryBoolean, queryInteger, queryList, queryTime } from './query-values.ts'
export { type RateLimit, rateLimiter } from './rate-limit.ts'
export { type AnsweredCall, type RequestCounts, requestBuckets, requestMetrics } from './request-metrics.ts'
export { type HttpServer, type ServeOptions, serve } from './serve.ts'
export { type ServerEvent, serverEvents } from './sse.ts'
export { type WithoutNulls, withoutNulls } from './without-nulls.ts'
