import type { ApiPath } from '@millrace/client'

/** Whose tasks: of a project, of all projects of a namespace, or of every project. */
export type SecretPlace =
  | { readonly kind: 'project'; readonly id: string }
  | { readonly kind: 'namespace'; readonly slug: string }
  | { readonly kind: 'platform' }

const project = '/api/projects/{id}/secrets'

/** The three places have the same routes below addresses of their own; they are typed as those of a project. */
const bases: Readonly<Record<SecretPlace['kind'], string>> = {
  project,
  namespace: '/api/namespaces/{slug}/secrets',
  platform: '/api/platform/secrets',
}

export function secretPath({ kind }: SecretPlace): typeof project & ApiPath<'get'> {
  return bases[kind] as typeof project
}

export function oneSecretPath({ kind }: SecretPlace): `${typeof project}/{secret}` {
  return `${bases[kind]}/{secret}` as `${typeof project}/{secret}`
}

export function secretKeys(place: SecretPlace): { id: string } {
  if (place.kind === 'project') return { id: place.id }
  return (place.kind === 'namespace' ? { slug: place.slug } : {}) as { id: string }
}
