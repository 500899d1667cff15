import type { StorageOption } from '../provider.ts'

/** What every storage that people sign in to by OAuth2 has. */
export const oauthOptions: readonly StorageOption[] = [
  { name: 'client_id', help: 'OAuth client id. Leave it empty as a rule.', sensitive: true },
  { name: 'client_secret', help: 'OAuth client secret. Leave it empty as a rule.', sensitive: true },
  { name: 'token', help: 'The OAuth token, as JSON.', sensitive: true, advanced: true },
  { name: 'auth_url', help: 'Where people are sent to sign in, if not to the default.', advanced: true },
  { name: 'token_url', help: 'Where tokens come from, if not from the default.', advanced: true },
  {
    name: 'client_credentials',
    help: 'Sign in as the client itself instead of as a person.',
    type: 'bool',
    default: false,
    advanced: true,
  },
]
