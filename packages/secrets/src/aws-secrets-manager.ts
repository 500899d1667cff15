import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { ConfigError, type MillraceError, TransientError } from '@millrace/core'
import type { SecretStore } from './secret-store.ts'

export interface AwsSecretsManagerOptions {
  /** What the names of all secrets there begin with. Default: nothing. */
  readonly prefix?: string
  /** Default: what the environment and the configuration files of AWS say. */
  readonly region?: string
  /** Of another service that speaks the same protocol. */
  readonly endpoint?: string
  /** Default: what the environment, the configuration files or the machine of AWS say. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

type Sdk = typeof import('@aws-sdk/client-secrets-manager')

/** AWS Secrets Manager. Its client, `@aws-sdk/client-secrets-manager`, has to be installed; it is loaded when it is first used. */
export function awsSecretsManager(options: AwsSecretsManagerOptions = {}): SecretStore & Disposable {
  const { prefix = '' } = options
  let opened: Promise<{ readonly sdk: Sdk; readonly client: SecretsManagerClient }> | undefined
  const run = async <T>(id: string, request: (sdk: Sdk, client: SecretsManagerClient, name: string) => Promise<T>) => {
    const name = checkedName(`${prefix}${id}`)
    opened ??= open(options)
    const { sdk, client } = await opened
    try {
      return await request(sdk, client, name)
    } catch (error) {
      throw known(error, name)
    }
  }
  return {
    read: (id) =>
      run(id, async (sdk, client, name) => {
        const answer = await client.send(new sdk.GetSecretValueCommand({ SecretId: name })).catch(absent)
        if (answer === null) return null
        if (answer.SecretString !== undefined) return answer.SecretString
        throw new ConfigError('SECRET_BINARY', {
          message: `The secret "${name}" of AWS Secrets Manager holds bytes, and text is wanted. Store it as a text.`,
        })
      }),
    write: (id, value) =>
      run(id, async (sdk, client, name) => {
        const replaced = await client
          .send(new sdk.PutSecretValueCommand({ SecretId: name, SecretString: value }))
          .catch(absent)
        if (replaced !== null) return
        await client.send(new sdk.CreateSecretCommand({ Name: name, SecretString: value })).catch(async (error) => {
          // Another one made it meanwhile.
          if ((error as Error).name !== 'ResourceExistsException') throw error
          await client.send(new sdk.PutSecretValueCommand({ SecretId: name, SecretString: value }))
        })
      }),
    remove: (id) =>
      run(id, async (sdk, client, name) => {
        await client
          .send(new sdk.DeleteSecretCommand({ SecretId: name, ForceDeleteWithoutRecovery: true }))
          .catch(absent)
      }),
    [Symbol.dispose]() {
      opened?.then(({ client }) => client.destroy()).catch(() => {})
    },
  }
}

async function open({ region, endpoint, credentials }: AwsSecretsManagerOptions) {
  let sdk: Sdk
  try {
    sdk = await import('@aws-sdk/client-secrets-manager')
  } catch (cause) {
    throw new ConfigError('DRIVER_MISSING', {
      message:
        'AWS Secrets Manager needs a package that is not installed. Run "npm install @aws-sdk/client-secrets-manager".',
      cause,
    })
  }
  const client = new sdk.SecretsManagerClient({
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: 4,
  })
  return { sdk, client }
}

function checkedName(name: string): string {
  if (/^[A-Za-z0-9/_+=.@-]{1,512}$/.test(name)) return name
  throw new ConfigError('SECRET_NAME_INVALID', {
    message: `"${name}" cannot be the name of a secret in AWS Secrets Manager: it takes up to 512 letters, digits and "/_+=.@-".`,
  })
}

/** Null for a secret that there is not, or that is marked for deletion. */
function absent(error: unknown): null {
  const { name, message } = error as Error
  if (name === 'ResourceNotFoundException') return null
  if (name === 'InvalidRequestException' && /marked for deletion|scheduled for deletion/i.test(message)) return null
  throw error
}

const transient =
  /^(Throttling|TooManyRequests|InternalService|ServiceUnavailable|RequestTimeout|TimeoutError|NetworkingError)/

/** Failures in our own tree; the client's own hold the request, and with it the value. */
function known(error: unknown, secret: string): MillraceError {
  if (error instanceof ConfigError) return error
  const { name = 'Error', code } = error as Error & { code?: string }
  const details = { secret, reason: name }
  if (transient.test(name) || code !== undefined) {
    return new TransientError('SECRET_STORE_AWAY', {
      message: `AWS Secrets Manager did not answer about "${secret}" (${code ?? name}). Try again; if it stays, look at the network and at the state of the service.`,
      details,
    })
  }
  return new ConfigError('SECRET_STORE_REFUSED', {
    message: `AWS Secrets Manager refused "${secret}" (${name}). Look at the region, the credentials and what they permit on this name.`,
    details,
  })
}
