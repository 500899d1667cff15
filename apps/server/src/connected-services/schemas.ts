import { z } from '@hono/zod-openapi'
import { withoutNulls } from '@millrace/http'
import { text } from '../common-schemas.ts'
import { type ProviderRow, providerKinds } from './provider-store.ts'

export const providerIdText = z
  .string()
  .max(99)
  .regex(
    /^[a-z0-9]+([._-][a-z0-9]+)*$/,
    'has to consist of lower-case letters, digits, and single ".", "_", "-" between them',
  )
  .openapi({ example: 'gitlab.com' })

const address = z
  .url({ protocol: /^https?$/, error: 'has to be an address that begins with https:// or http://' })
  .max(500)
  .refine((value) => !/[?#@]/.test(value), 'must have no query, no fragment and no user')
const registry = z
  .url({ protocol: /^https$/, error: 'has to be an address that begins with https://' })
  .max(500)
  .refine((value) => /^https:\/\/[^/?#@]+\/?$/.test(value), 'has to be an address without a path')

const parts = {
  kind: z.enum(providerKinds),
  app_slug: text(200).openapi({ description: 'Of a GitHub App; else empty.' }),
  client_id: text(500).min(1),
  client_secret: text(1000).openapi({ description: '`redacted` where there is one.' }),
  display_name: text(200).min(1),
  scope: text(2000).openapi({ example: 'read_user read_repository' }),
  url: address.openapi({ example: 'https://gitlab.com' }),
  use_pkce: z.boolean(),
  image_registry_url: registry,
  oidc_issuer_url: address.openapi({ description: 'Of kind generic_oidc, and only there.' }),
}

export const newProviderSchema = z.strictObject({
  id: providerIdText,
  ...parts,
  app_slug: parts.app_slug.default(''),
  client_secret: parts.client_secret.min(1).optional(),
  use_pkce: parts.use_pkce.default(false),
  image_registry_url: parts.image_registry_url.optional(),
  oidc_issuer_url: parts.oidc_issuer_url.optional(),
})

export const providerPatch = z.strictObject({
  kind: parts.kind.optional(),
  app_slug: parts.app_slug.optional(),
  client_id: parts.client_id.optional(),
  client_secret: parts.client_secret.min(1).optional(),
  display_name: parts.display_name.optional(),
  scope: parts.scope.optional(),
  url: parts.url.optional(),
  use_pkce: parts.use_pkce.optional(),
  image_registry_url: parts.image_registry_url.or(z.literal('')).optional(),
  oidc_issuer_url: parts.oidc_issuer_url.or(z.literal('')).optional(),
})

export const providerSchema = z
  .object({
    id: z.string(),
    kind: parts.kind,
    app_slug: z.string(),
    client_id: z.string().openapi({ description: 'Empty for all but administrators, as the secret.' }),
    client_secret: parts.client_secret.optional(),
    display_name: z.string(),
    scope: z.string(),
    url: z.string(),
    use_pkce: z.boolean(),
    image_registry_url: z.string().optional(),
    oidc_issuer_url: z.string().optional(),
  })
  .openapi('Provider')

export const connectionSchema = z
  .object({ id: z.string(), provider_id: z.string(), status: z.enum(['pending', 'connected']) })
  .openapi('ServiceConnection')

export const accountSchema = z
  .object({ username: z.string(), web_url: z.string().optional() })
  .openapi('ConnectedAccount')

export const tokenSchema = z
  .object({
    access_token: z.string(),
    token_type: z.string(),
    scope: z.string().optional(),
    id_token: z.string().optional(),
    expires_at: z.int().optional().openapi({ description: 'Seconds since 1970.' }),
    expires_at_iso: z.string().optional().openapi({ format: 'date-time' }),
  })
  .openapi('ServiceToken')

export const installationSchema = z
  .object({
    id: z.int(),
    account_login: z.string(),
    account_web_url: z.string(),
    repository_selection: z.enum(['all', 'selected']),
    suspended_at: z.string().optional().openapi({ format: 'date-time' }),
  })
  .openapi('AppInstallation')

/** Parameters that providers add to their own are not looked at. */
export const callbackQuery = z.object({
  state: text(500).optional(),
  code: text(4000).optional(),
  iss: text(1000).optional(),
  error: text(200).optional(),
  error_description: text(2000).optional(),
  error_uri: text(2000).optional(),
})

export function presentProvider(
  row: ProviderRow,
  { isAdmin }: { readonly isAdmin: boolean },
): z.input<typeof providerSchema> {
  const { created_by: _, client_id, client_secret, ...rest } = row
  const shown = client_secret === null ? null : 'redacted'
  return withoutNulls({
    ...rest,
    client_id: isAdmin ? client_id : '',
    client_secret: isAdmin ? shown : '',
  })
}
