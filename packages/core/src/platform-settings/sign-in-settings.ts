import { defineSettings } from '../settings.ts'

/** The issuer of users, sessions, and tokens of the platform itself. */
export const signInSettings = defineSettings({
  oidcIssuer: {
    env: 'MILLRACE_OIDC_ISSUER',
    type: 'string',
    default: null,
    description:
      'The OpenID Connect issuer that people sign in with: `https://keycloak.example.com/realms/millrace`. See docs/guides/sign-in.md.',
  },
  oidcClientId: {
    env: 'MILLRACE_OIDC_CLIENT_ID',
    type: 'string',
    default: 'millrace',
    description: 'The client that the issuer knows the server by.',
  },
  oidcClientSecret: {
    env: 'MILLRACE_OIDC_CLIENT_SECRET',
    type: 'string',
    default: null,
    secret: true,
    description: 'The secret of this client. Without it, the client is a public one.',
  },
  oidcAudiences: {
    env: 'MILLRACE_OIDC_AUDIENCES',
    type: 'string',
    default: '',
    description:
      'Whom tokens may be made for, with commas; one of them has to be in the token. Default: the client of the server.',
  },
  oidcAlgorithms: {
    env: 'MILLRACE_OIDC_ALGORITHMS',
    type: 'string',
    default: 'RS256,PS256,ES256,EdDSA',
    description: 'Algorithms that tokens of the issuer may be signed by, with commas.',
  },
  oidcScopes: {
    env: 'MILLRACE_OIDC_SCOPES',
    type: 'string',
    default: 'openid profile email',
    description: 'Scopes that the server asks for when people sign in.',
  },
  oidcRolesClaim: {
    env: 'MILLRACE_OIDC_ROLES_CLAIM',
    type: 'string',
    default: 'realm_access.roles',
    description: 'Where tokens list the roles of a user; dots lead into objects.',
  },
  oidcAdminRole: {
    env: 'MILLRACE_OIDC_ADMIN_ROLE',
    type: 'string',
    default: 'millrace-admin',
    description: 'The role of administrators of the platform, in tokens and in the realm of Keycloak.',
  },
  sessionIdleMinutes: {
    env: 'MILLRACE_SESSION_IDLE_MINUTES',
    type: 'integer',
    default: 720,
    minimum: 5,
    maximum: 525_600,
    description: 'A browser that asked for nothing for so long has to sign in again.',
  },
  sessionHours: {
    env: 'MILLRACE_SESSION_HOURS',
    type: 'integer',
    default: 168,
    minimum: 1,
    maximum: 8760,
    description: 'How long a browser stays signed in, however much it asks for.',
  },
  internalTokenName: {
    env: 'MILLRACE_INTERNAL_TOKEN_NAME',
    type: 'string',
    default: 'millrace-self',
    description: 'Issuer and audience of the tokens that the server gives to what runs for a user.',
  },
  internalTokenSecret: {
    env: 'MILLRACE_INTERNAL_TOKEN_SECRET',
    type: 'string',
    default: null,
    secret: true,
    description:
      'What the server signs the tokens of sessions and jobs with, the same for all its processes; nothing to do with the key that it shares with the secrets service. Default: derived from MILLRACE_ADMIN_TOKEN.',
  },
  internalTokenMinutes: {
    env: 'MILLRACE_INTERNAL_TOKEN_MINUTES',
    type: 'integer',
    default: 15,
    minimum: 1,
    maximum: 1440,
    description: 'Life of these tokens.',
  },
  internalRefreshMinutes: {
    env: 'MILLRACE_INTERNAL_REFRESH_MINUTES',
    type: 'integer',
    default: 60,
    minimum: 1,
    maximum: 10_080,
    description: 'Life of the tokens by which they are renewed.',
  },
  internalLongRefreshMinutes: {
    env: 'MILLRACE_INTERNAL_LONG_REFRESH_MINUTES',
    type: 'integer',
    default: 1440,
    minimum: 1,
    maximum: 43_200,
    description: 'Life of the tokens by which they are renewed where that is rare, as for jobs that wait.',
  },
})
