import type { Schema } from '../api/index.ts'

export type Provider = Schema<'Provider'>

export type ProviderForm = {
  readonly id?: string
  readonly kind: Provider['kind']
  readonly display_name: string
  readonly url: string
  readonly client_id: string
  readonly client_secret?: string
  readonly scope: string
  readonly app_slug?: string
  readonly use_pkce?: boolean
  readonly image_registry_url?: string
  readonly oidc_issuer_url?: string
}

const fields = {
  display_name: { type: 'string', title: 'Name', minLength: 1, description: 'What people see.' },
  kind: {
    type: 'string',
    title: 'Kind',
    enum: ['gitlab', 'github', 'google', 'dropbox', 'zenodo', 'generic_oidc'],
  },
  url: { type: 'string', title: 'Address', minLength: 1, description: 'Such as https://gitlab.com.' },
  client_id: { type: 'string', title: 'Client id', minLength: 1, description: 'As the service gave it.' },
  client_secret: { type: 'string', title: 'Client secret', writeOnly: true },
  scope: { type: 'string', title: 'Scope', description: 'What is asked for, such as "api read_user".' },
  oidc_issuer_url: { type: 'string', title: 'OpenID issuer', description: 'Of the kind generic_oidc, and only there.' },
  use_pkce: { type: 'boolean', title: 'Use PKCE', 'x-advanced': true },
  app_slug: { type: 'string', title: 'Slug of the app', description: 'Of a GitHub App.', 'x-advanced': true },
  image_registry_url: { type: 'string', title: 'Registry of container images', 'x-advanced': true },
}

const required = ['display_name', 'kind', 'url', 'client_id', 'scope']

export const newProviderSchema = {
  type: 'object',
  required: ['id', ...required],
  properties: {
    id: { type: 'string', title: 'Id', minLength: 1, description: 'Short and for good, such as gitlab.' },
    ...fields,
  },
}

export const editProviderSchema = {
  type: 'object',
  required,
  properties: { ...fields, client_secret: { ...fields.client_secret, title: 'New client secret' } },
}
