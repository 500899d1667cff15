export type { ClusterSecret, KubernetesClient, OwnerReference } from './kubernetes/kubernetes-client.ts'
export type { RotationResult } from './rotation/rotate.ts'
export {
  type RunningSecretsServer,
  rotateSecrets,
  type StartSecretsServerOptions,
  startSecretsServer,
} from './start-secrets-server.ts'
