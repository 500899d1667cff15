import type { KeyObject } from 'node:crypto'
import type { Logger } from '@millrace/core'
import type { Db } from '@millrace/db'
import type { Api, Principal } from '@millrace/http'
import type { KubernetesClient } from './kubernetes/kubernetes-client.ts'
import type { RotationMetrics } from './rotation/rotation-metrics.ts'

/** Another part of the platform, or a user for whom it asks, by a token of the platform. */
export interface TokenPrincipal extends Principal {
  readonly kind: 'internal'
  readonly scopes: readonly string[]
  /** Ids of the sealed values that the token is good for. */
  readonly secrets: readonly string[]
  /** Whose they have to be. */
  readonly owner: string | null
}

export type SecretsAccess = {
  /** Good for opening the values that the token names. */
  readonly opener: TokenPrincipal
  /** Good for putting secrets of the user into the cluster. */
  readonly user: TokenPrincipal
}

export type SecretsApi = Api<SecretsAccess>

export interface PrivateKeys {
  readonly current: KeyObject
  /** Names the current one. */
  readonly id: string
  readonly previous: KeyObject | null
}

export interface SecretsContext {
  readonly db: Db
  readonly keys: PrivateKeys
  readonly log: Logger
  /** Null where the service runs in no cluster. */
  readonly kubernetes: KubernetesClient | null
  readonly rotationMetrics: RotationMetrics
}
