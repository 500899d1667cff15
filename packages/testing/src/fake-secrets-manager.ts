import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface FakeSecretsManager extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string
  /** Values by names. */
  readonly secrets: Map<string, string>
  /** Names of the operations in the order of the calls. */
  readonly calls: string[]
  /** The next calls are answered with this status and type of error, while it is set. */
  failure: { readonly status: number; readonly type: string } | null
  stop(): Promise<void>
}

type Reply = readonly [status: number, body: Record<string, unknown>]

/**
 * A fake AWS Secrets Manager in this process: GetSecretValue, PutSecretValue, CreateSecret and DeleteSecret by the JSON
 * protocol 1.1 as it is documented. Calls have to be signed; who signed them is not looked at.
 */
export async function startFakeSecretsManager(): Promise<FakeSecretsManager> {
  const secrets = new Map<string, string>()
  const calls: string[] = []
  const state: Pick<FakeSecretsManager, 'failure'> = { failure: null }
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const operation = `${request.headers['x-amz-target'] ?? ''}`.replace(/^secretsmanager\./, '')
      calls.push(operation)
      const isSigned = /^AWS4-HMAC-SHA256 .*SignedHeaders=.*Signature=/.test(request.headers.authorization ?? '')
      const [status, body] = !isSigned
        ? failed(400, 'MissingAuthenticationTokenException')
        : state.failure !== null
          ? failed(state.failure.status, state.failure.type)
          : perform(secrets, operation, JSON.parse(Buffer.concat(chunks).toString() || '{}'))
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = async () => {
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  return Object.assign(state, {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    secrets,
    calls,
    stop,
    [Symbol.asyncDispose]: stop,
  })
}

function perform(secrets: Map<string, string>, operation: string, input: Readonly<Record<string, unknown>>): Reply {
  const name = `${input.SecretId ?? input.Name}`
  const ARN = `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}-AbCdEf`
  const known = secrets.get(name)
  if (operation === 'CreateSecret') {
    if (known !== undefined) return failed(400, 'ResourceExistsException')
    secrets.set(name, `${input.SecretString}`)
    return [200, { ARN, Name: name, VersionId: 'v1' }]
  }
  if (known === undefined) return failed(400, 'ResourceNotFoundException')
  switch (operation) {
    case 'GetSecretValue':
      return [200, { ARN, Name: name, SecretString: known, VersionId: 'v1', VersionStages: ['AWSCURRENT'] }]
    case 'PutSecretValue':
      secrets.set(name, `${input.SecretString}`)
      return [200, { ARN, Name: name, VersionId: 'v2', VersionStages: ['AWSCURRENT'] }]
    case 'DeleteSecret':
      secrets.delete(name)
      return [200, { ARN, Name: name, DeletionDate: Math.floor(Date.now() / 1000) }]
    default:
      return failed(400, 'UnknownOperationException')
  }
}

function failed(status: number, type: string): Reply {
  return [status, { __type: type, Message: `The fake answers ${type}.` }]
}
