/** A secret of a cluster, as it is to be there. */
export interface ClusterSecret {
  readonly namespace: string
  readonly name: string
  /** Names of files and their content. */
  readonly data: Readonly<Record<string, string>>
  readonly ownerReferences: readonly OwnerReference[]
  /** Whose it is; one of somebody else is not changed. */
  readonly owner: string
}

/** An object of the cluster with which the secret is removed. */
export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
}

export interface KubernetesClient {
  /** Makes the secret, or changes the one that is there, if it is of the same owner. */
  applySecret(secret: ClusterSecret): Promise<void>
}
