/** The most that a pool gives away; memory in gigabytes. */
export interface Quota {
  readonly id: string
  readonly cpu: number
  readonly memory: number
  readonly gpu: number
}

export interface NodeAffinity {
  readonly key: string
  readonly required_during_scheduling: boolean
}

/** What one piece of work gets; memory and storage in gigabytes. */
export interface ResourceClass {
  readonly id: number
  readonly name: string
  readonly cpu: number
  readonly memory: number
  readonly gpu: number
  readonly max_storage: number
  readonly default_storage: number
  readonly default: boolean
  readonly quota_enforced: boolean
  readonly tolerations: readonly string[]
  readonly node_affinities: readonly NodeAffinity[]
}

/** Where another system runs the work. */
export type Remote =
  | {
      readonly kind: 'firecrest'
      readonly api_url: string
      readonly system_name: string
      readonly partition?: string | undefined
      readonly provider_id?: string | undefined
    }
  | { readonly kind: 'runai'; readonly base_url: string; readonly provider_id?: string | undefined }

export interface PoolSettings {
  readonly name: string
  readonly public: boolean
  readonly default: boolean
  readonly remote: Remote | null
  /** Seconds, as the two that follow; null: none. */
  readonly idle_threshold: number | null
  readonly hibernation_threshold: number | null
  readonly hibernation_warning_period: number | null
  readonly platform: 'linux/amd64' | 'linux/arm64'
  /** Limit of CPU as a multiple of what is requested; null: no limit. */
  readonly cpu_limit_factor: number | null
}

/** Classes are in the order that people choose by: gpu, cpu, memory, max_storage, name, id. */
export interface Pool extends PoolSettings {
  readonly id: number
  readonly quota: Quota | null
  readonly classes: readonly ResourceClass[]
}

export type NewClass = Omit<ResourceClass, 'id'>
export type NewQuota = Omit<Quota, 'id'>

/** A pool as it would be after a change. */
export interface PoolDraft extends PoolSettings {
  readonly quota: NewQuota | null
  readonly classes: readonly NewClass[]
}
