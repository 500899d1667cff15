import { defineSettings } from '../settings.ts'

/** Keys, the secrets service, and the stores of secrets. */
export const secretSettings = defineSettings({
  encryptionKeyPath: {
    env: 'MILLRACE_ENCRYPTION_KEY_PATH',
    type: 'string',
    default: null,
    description:
      'File of 32 random bytes, the master key of the server: keys of owners of secrets and tokens of connected services are encrypted with it. Make it by `(umask 077 && openssl rand -out FILE 32)`. The secrets service never has it.',
  },
  previousEncryptionKeyPath: {
    env: 'MILLRACE_PREVIOUS_ENCRYPTION_KEY_PATH',
    type: 'string',
    default: null,
    description: 'The master key before the present one, until everything is encrypted with the new one.',
  },
  secretsUrl: {
    env: 'MILLRACE_SECRETS_URL',
    type: 'string',
    default: null,
    description: 'Address of the secrets service, for the server: `http://secrets:7475`.',
  },
  secretsPublicKeyPath: {
    env: 'MILLRACE_SECRETS_PUBLIC_KEY_PATH',
    type: 'string',
    default: null,
    description: 'RSA public key of the secrets service in PEM, for the server.',
  },
  secretsPrivateKeyPath: {
    env: 'MILLRACE_SECRETS_PRIVATE_KEY_PATH',
    type: 'string',
    default: null,
    description: 'RSA private key in PEM, for the secrets service only. The server never has it.',
  },
  secretsPreviousPrivateKeyPath: {
    env: 'MILLRACE_SECRETS_PREVIOUS_PRIVATE_KEY_PATH',
    type: 'string',
    default: null,
    description: 'The private key before the present one, until all secrets are sealed with the new one.',
  },
  secretsHost: {
    env: 'MILLRACE_SECRETS_HOST',
    type: 'string',
    default: '127.0.0.1',
    description: 'Address that the secrets service listens on.',
  },
  secretsPort: {
    env: 'MILLRACE_SECRETS_PORT',
    type: 'integer',
    default: 7475,
    minimum: 0,
    maximum: 65_535,
    description: 'Port that the secrets service listens on; 0 takes a free one.',
  },
  secretsTokenKeyPath: {
    env: 'MILLRACE_SECRETS_TOKEN_KEY_PATH',
    type: 'string',
    default: null,
    description:
      'File of 64 random bytes, the same for the server and the secrets service: the tokens by which they know each other are signed with it. Make it by `(umask 077 && openssl rand -out FILE 64)`.',
  },
  clusterNetworks: {
    env: 'MILLRACE_CLUSTER_NETWORKS',
    type: 'string',
    default: '127.0.0.0/8,::1/128',
    description:
      'Networks from which users may fetch their own key of secrets (`/api/data/user/secret_key`), as address/bits with commas between them: those of the sessions of the cluster.',
  },
  secretStore: {
    env: 'MILLRACE_SECRET_STORE',
    type: 'choice',
    choices: ['sealed', 'aws-secrets-manager'],
    default: 'sealed',
    description:
      'Where values of secrets of projects and namespaces are kept: sealed in the database, or in AWS Secrets Manager of the account and region that the environment of the server says. Values stay where they were written.',
  },
  secretStorePrefix: {
    env: 'MILLRACE_SECRET_STORE_PREFIX',
    type: 'string',
    default: 'millrace/',
    description: 'What the names of secrets in AWS Secrets Manager begin with.',
  },
  kubernetesUrl: {
    env: 'MILLRACE_KUBERNETES_URL',
    type: 'string',
    default: null,
    description:
      'API server of the cluster that the secrets service writes secrets of sessions to. Default: that of the cluster it runs in.',
  },
  kubernetesTokenPath: {
    env: 'MILLRACE_KUBERNETES_TOKEN_PATH',
    type: 'string',
    default: '/var/run/secrets/kubernetes.io/serviceaccount/token',
    description: 'File with the token of the service account of the secrets service; read again for each call.',
  },
  kubernetesCaPath: {
    env: 'MILLRACE_KUBERNETES_CA_PATH',
    type: 'string',
    default: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt',
    description: 'Certificates in PEM that the API server of the cluster is checked against.',
  },
})
