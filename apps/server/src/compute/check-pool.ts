import { invalid } from '@millrace/http'
import type { NewClass, NewQuota, PoolDraft } from './pool.ts'

/** So many classes that every answer with all of them stays small. */
export const maximumClasses = 100

/**
 * The rules that a pool follows as a whole, whichever part of it is changed.
 *
 * @throws HttpError 422 POOL_INVALID that names every rule that is broken.
 */
export function checkPool(pool: PoolDraft): void {
  const problems = [...problemsOf(pool)]
  if (problems.length > 0) throw invalid('POOL_INVALID', `The resource pool is not valid: ${problems.join('; ')}.`)
}

function* problemsOf(pool: PoolDraft): Generator<string> {
  const defaults = pool.classes.filter((one) => one.default)
  if (defaults.length !== 1) {
    yield `exactly one of its classes has to be the default, and ${defaults.length === 0 ? 'none' : names(defaults)} is`
  }
  if (pool.classes.length > maximumClasses) yield `it may have ${maximumClasses} classes at most`
  for (const one of pool.classes) {
    if (one.default_storage > one.max_storage) {
      yield `class "${one.name}": default_storage (${one.default_storage}) is more than max_storage (${one.max_storage})`
    }
    if (pool.quota !== null) yield* aboveQuota(one, pool.quota)
  }
  if (pool.default) {
    if (!pool.public) yield 'the default pool has to be public'
    if (pool.quota !== null) yield 'the default pool must have no quota'
    if (pool.remote !== null) yield 'the default pool must not be remote'
  }
  if (pool.remote !== null && pool.public) yield 'a remote pool must not be public'
  const { hibernation_threshold: threshold, hibernation_warning_period: warning } = pool
  if (threshold !== null && warning !== null && warning >= threshold) {
    yield `hibernation_warning_period (${warning} s) has to be less than hibernation_threshold (${threshold} s)`
  }
}

function* aboveQuota(one: NewClass, quota: NewQuota): Generator<string> {
  for (const part of ['cpu', 'memory', 'gpu'] as const) {
    if (one[part] > quota[part]) {
      yield `class "${one.name}": ${part} (${one[part]}) is more than the quota of the pool (${quota[part]})`
    }
  }
}

function names(classes: readonly NewClass[]): string {
  return classes.map(({ name }) => `"${name}"`).join(' and ')
}
