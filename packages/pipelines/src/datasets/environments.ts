import { ConfigError } from '@millrace/core'

/** Each has a bucket of its own. */
export const environments = ['dev', 'uat', 'prod'] as const

export type Environment = (typeof environments)[number]

export const defaultBucketPrefix = 'millrace'

/** @throws ConfigError `ENVIRONMENT_UNKNOWN` */
export function checkEnvironment(name: string): Environment {
  const found = environments.find((environment) => environment === name)
  if (found !== undefined) return found
  throw new ConfigError('ENVIRONMENT_UNKNOWN', {
    message: `There is no environment "${name}". It is one of ${environments.join(', ')}.`,
    details: { environment: name },
  })
}

/** `millrace-dev`. @throws ConfigError `BUCKET_NAME_INVALID` */
export function environmentBucket(environment: Environment, prefix = defaultBucketPrefix): string {
  return checkBucketName(`${prefix}-${environment}`)
}

/** @throws ConfigError `BUCKET_NAME_INVALID` */
export function checkBucketName(name: string): string {
  if (/^[a-z0-9.-]{3,63}$/.test(name) && !name.endsWith('-') && !/\.\.|-\.|\.-/.test(name)) return name
  throw new ConfigError('BUCKET_NAME_INVALID', {
    message: `"${name}" cannot be the name of a bucket: it has 3 to 63 lower case letters, digits, dots and dashes, no dash at its end, and none of "..", "-." and ".-".`,
    details: { bucket: name },
  })
}

/**
 * Refuses the bucket of another environment.
 *
 * @throws ConfigError `BUCKET_OF_OTHER_ENVIRONMENT`
 */
export function checkBucketOf(bucket: string, environment: Environment, prefix = defaultBucketPrefix): void {
  const other = environments.find((name) => name !== environment && bucket === `${prefix}-${name}`)
  if (other === undefined) return
  throw new ConfigError('BUCKET_OF_OTHER_ENVIRONMENT', {
    message: `The bucket "${bucket}" is that of the environment ${other}, and this is ${environment}. Name a connection of ${environment}.`,
    details: { bucket, environment, other },
  })
}
