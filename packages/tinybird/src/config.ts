import { ConfigError } from '@millrace/core'
import type { TinybirdOptions } from './types.ts'

/** The options that the environment gives. */
export type TinybirdEnvironmentOptions = Pick<TinybirdOptions, 'token' | 'endpoint' | 'tag'>

/**
 * Reads `TB_CDK_TOKEN`, `TB_CDK_TAG` and `TB_CDK_ENDPOINT` (default `https://api.tinybird.co`).
 *
 * @param environment Default `process.env`.
 * @throws ConfigError TINYBIRD_TOKEN_MISSING; a tag is not asked for here
 */
export function tinybirdConfig(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): TinybirdEnvironmentOptions {
  const { TB_CDK_TOKEN: token, TB_CDK_TAG: tag, TB_CDK_ENDPOINT: endpoint } = environment
  if (token === undefined || token === '') {
    throw new ConfigError('TINYBIRD_TOKEN_MISSING', {
      message: 'TB_CDK_TOKEN is required: set it to a token of the Tinybird workspace.',
    })
  }
  return {
    token,
    ...(tag === undefined || tag === '' ? {} : { tag }),
    ...(endpoint === undefined || endpoint === '' ? {} : { endpoint }),
  }
}
