import type { PlatformSettings } from '@millrace/core'
import {
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  customFetch,
  discovery,
  None,
  type ServerMetadata,
} from 'openid-client'
import { outboundFetch } from '../outbound.ts'
import { decryptAtRest } from '../secrets/index.ts'
import { baseOf, kindFacts } from './kinds.ts'
import type { ProviderRow } from './provider-store.ts'

const timeoutMs = 10_000
const discoveryLifeMs = 10 * 60_000

/** What issuers say of themselves is public, and so shared by everybody in this process. */
const discovered = new Map<string, { readonly metadata: ServerMetadata; readonly readAt: number }>()

/**
 * What speaks OAuth 2 with a provider.
 *
 * Fails with what `outboundFetch` and the discovery of the issuer fail with.
 */
export async function oauthClient(settings: PlatformSettings, provider: ProviderRow): Promise<Configuration> {
  const metadata = await serverMetadata(settings, provider)
  const configuration = new Configuration(
    metadata,
    provider.client_id,
    {},
    await clientAuthentication(settings, provider, metadata),
  )
  prepare(settings, configuration)
  return configuration
}

/** @throws what the discovery of the issuer fails with. */
export async function serverMetadata(settings: PlatformSettings, provider: ProviderRow): Promise<ServerMetadata> {
  const { endpoints } = kindFacts[provider.kind]
  if (endpoints === null) return await discover(settings, provider.oidc_issuer_url ?? provider.url, provider.client_id)
  const { issuer, authorization, token } = endpoints(baseOf(provider))
  return { issuer, authorization_endpoint: authorization, token_endpoint: token }
}

async function discover(settings: PlatformSettings, issuer: string, clientId: string): Promise<ServerMetadata> {
  const known = discovered.get(issuer)
  if (known !== undefined && performance.now() - known.readAt < discoveryLifeMs) return known.metadata
  const found = await discovery(new URL(issuer), clientId, {}, None(), {
    execute: [allowInsecureRequests],
    timeout: timeoutMs / 1000,
    [customFetch]: outboundFetch(settings, { timeoutMs }),
  })
  const metadata = found.serverMetadata()
  discovered.set(issuer, { metadata, readAt: performance.now() })
  return metadata
}

/** Addresses are checked when providers are made; whether they are http is for administrators to decide. */
function prepare(settings: PlatformSettings, configuration: Configuration): void {
  allowInsecureRequests(configuration)
  configuration.timeout = timeoutMs / 1000
  configuration[customFetch] = outboundFetch(settings, { timeoutMs })
}

/** By OpenID Connect the secret goes into a header unless the issuer says otherwise; the others take it in the form. */
async function clientAuthentication(
  settings: PlatformSettings,
  { kind, client_secret, created_by }: ProviderRow,
  metadata: ServerMetadata,
): Promise<ClientAuth> {
  if (client_secret === null) return None()
  const secret = await decryptAtRest(settings, `user:${created_by}`, client_secret)
  const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
  const isBasic = kind === 'generic_oidc' && methods.includes('client_secret_basic')
  return isBasic ? ClientSecretBasic(secret) : ClientSecretPost(secret)
}
