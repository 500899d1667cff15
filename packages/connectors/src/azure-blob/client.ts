import type { ContainerClient } from '@azure/storage-blob'
import { ConfigError } from '@millrace/core'
import { importDriver } from '../kit/import-driver.ts'
import type { AzureConfig } from './config.ts'

export type AzureSdk = typeof import('@azure/storage-blob')

/** One container and the way to it. */
export interface Container {
  readonly name: string
  readonly client: ContainerClient
  readonly sdk: AzureSdk
  /** Signed addresses need the account's key. */
  readonly canSign: boolean
}

export async function connectContainer(config: AzureConfig, name: string): Promise<Container> {
  const sdk = await importDriver<AzureSdk>('@azure/storage-blob')
  const { endpoint, account, credential } = config
  const url = `${endpoint}/${encodeURIComponent(name)}`
  const options = {
    retryOptions: { maxTries: 5, retryDelayInMs: 200, maxRetryDelayInMs: 8000, tryTimeoutInMs: 60_000 },
  }
  if (credential.kind === 'signature') {
    return {
      ...{ name, sdk, canSign: false },
      client: new sdk.ContainerClient(`${url}?${credential.token}`, new sdk.AnonymousCredential(), options),
    }
  }
  let shared: InstanceType<AzureSdk['StorageSharedKeyCredential']>
  try {
    shared = new sdk.StorageSharedKeyCredential(account, credential.key)
  } catch {
    throw new ConfigError('INVALID_CONFIGURATION', { message: 'The account key of Azure Blob Storage is not Base64.' })
  }
  return { name, sdk, canSign: true, client: new sdk.ContainerClient(url, shared, options) }
}
