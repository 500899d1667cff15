import type { z } from '@hono/zod-openapi'
import { invalid } from '@millrace/http'
import type { NewClass, NewQuota, Pool, PoolSettings, Quota, Remote, ResourceClass } from './pool.ts'
import {
  type classPatch,
  type newPoolSchema,
  type poolPatch,
  type poolPut,
  type quotaPatch,
  remoteSchema,
} from './schemas.ts'

type Patch = z.output<typeof poolPatch>
type Put = z.output<typeof poolPut>

/** The id names the one that the pool has, or the one that is to be made. */
export type GivenQuota = NewQuota & { readonly id?: string | undefined }

/** A pool as it is to become, with the classes and the quota that it has by their ids. */
export interface ChangedPool extends PoolSettings {
  readonly quota: GivenQuota | null
  readonly classes: readonly ResourceClass[]
}

export function newSettings(body: z.output<typeof newPoolSchema>): PoolSettings {
  return {
    name: body.name,
    public: body.public,
    default: body.default,
    remote: body.remote ?? null,
    ...thresholds(body, { idle_threshold: null, hibernation_threshold: null, hibernation_warning_period: null }),
    platform: body.platform,
    cpu_limit_factor: body.cpu_limit_factor || null,
  }
}

export function newClass(body: z.output<typeof newPoolSchema>['classes'][number]): NewClass {
  return { ...body, ...sorted(body) }
}

/** What is left out becomes what it is in a new pool; the classes have to be all that there are. */
export function putPool(pool: Pool, body: Put): ChangedPool {
  const given = new Map(body.classes.map((one) => [one.id, one]))
  checkIds(pool, [...given.keys()])
  const missing = pool.classes.filter(({ id }) => !given.has(id))
  if (missing.length > 0) {
    const list = missing.map(({ id, name }) => `${id} ("${name}")`).join(', ')
    throw invalid(
      'CLASSES_MISSING',
      `All classes of the pool have to be given; missing: ${list}. Remove classes one by one.`,
    )
  }
  return checkFixed(pool, {
    ...newSettings(body),
    quota: body.quota ?? null,
    classes: pool.classes.map((one) => patchClass(one, given.get(one.id) ?? {})),
  })
}

/** What is left out stays. */
export function patchPool(pool: Pool, body: Patch): ChangedPool {
  const given = new Map(body.classes?.map((one) => [one.id, one]))
  checkIds(pool, [...given.keys()])
  return checkFixed(pool, {
    name: body.name ?? pool.name,
    public: body.public ?? pool.public,
    default: body.default ?? pool.default,
    remote: body.remote === undefined ? pool.remote : patchRemote(pool.remote, body.remote),
    ...thresholds(body, pool),
    platform: body.platform ?? pool.platform,
    cpu_limit_factor: body.cpu_limit_factor === undefined ? pool.cpu_limit_factor : body.cpu_limit_factor || null,
    quota: body.quota === undefined ? pool.quota : patchQuota(pool.quota, body.quota),
    classes: pool.classes.map((one) => patchClass(one, given.get(one.id) ?? {})),
  })
}

/** @throws HttpError 422 CLASS_DEFAULT_FIXED. */
export function patchClass(one: ResourceClass, body: z.output<typeof classPatch>): ResourceClass {
  if (body.default !== undefined && body.default !== one.default) {
    throw invalid(
      'CLASS_DEFAULT_FIXED',
      `Whether class ${one.id} ("${one.name}") is the default of its pool cannot be changed. Change what the classes are instead.`,
    )
  }
  const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
  const changed: ResourceClass = { ...one, ...given, id: one.id }
  return { ...changed, ...sorted(changed) }
}

/** @throws HttpError 422 QUOTA_INCOMPLETE when there is none to fill the gaps from. */
export function patchQuota(quota: Quota | null, body: z.output<typeof quotaPatch>): GivenQuota {
  const { id = quota?.id, cpu = quota?.cpu, memory = quota?.memory, gpu = quota?.gpu } = body
  if (cpu !== undefined && memory !== undefined && gpu !== undefined) return { id, cpu, memory, gpu }
  throw invalid('QUOTA_INCOMPLETE', 'The pool has no quota yet: give quota.cpu, quota.memory and quota.gpu together.')
}

function checkIds(pool: Pool, given: readonly number[]): void {
  const known = new Set(pool.classes.map(({ id }) => id))
  const unknown = given.filter((id) => !known.has(id))
  if (unknown.length === 0) return
  throw invalid('CLASS_UNKNOWN', `Pool ${pool.id} has no class ${unknown.join(', ')}. Add classes one by one.`)
}

function checkFixed(pool: Pool, changed: ChangedPool): ChangedPool {
  if (changed.default === pool.default) return changed
  throw invalid(
    'POOL_DEFAULT_FIXED',
    pool.default
      ? 'The default pool stays the default: there has to be one.'
      : 'There is a default pool already. Change that one instead.',
  )
}

function patchRemote(remote: Remote | null, body: NonNullable<Patch['remote']>): Remote | null {
  const given = Object.entries(body).filter(([, value]) => value !== undefined)
  if (given.length === 0) return null
  if (remote !== null && body.kind !== undefined && body.kind !== remote.kind) {
    throw invalid('REMOTE_KIND_FIXED', `The pool is one of ${remote.kind}. Make another pool for ${body.kind}.`)
  }
  // The schema of a whole one says what is missing, and what the other kind only has.
  const parsed = remoteSchema.safeParse({ ...remote, ...Object.fromEntries(given) })
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) => `remote.${path.join('.')}: ${message}`)
  throw invalid('REMOTE_INVALID', `The remote of the pool is not valid: ${problems.join('; ')}.`)
}

function thresholds(
  body: { readonly [K in ThresholdName]?: number | undefined },
  before: { readonly [K in ThresholdName]: number | null },
) {
  const next = (name: ThresholdName) => (body[name] === undefined ? before[name] : body[name] || null)
  const hibernation_threshold = next('hibernation_threshold')
  return {
    idle_threshold: next('idle_threshold'),
    hibernation_threshold,
    // Nobody is warned of what does not happen.
    hibernation_warning_period: hibernation_threshold === null ? null : next('hibernation_warning_period'),
  }
}

type ThresholdName = 'idle_threshold' | 'hibernation_threshold' | 'hibernation_warning_period'

function sorted({ tolerations, node_affinities }: Pick<NewClass, 'tolerations' | 'node_affinities'>) {
  return {
    tolerations: tolerations.toSorted(),
    node_affinities: node_affinities.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)),
  }
}
