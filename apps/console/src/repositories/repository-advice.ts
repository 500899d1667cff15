import type { Schema } from '../api/index.ts'

type Repository = Schema<'Repository'>

const refusals: Readonly<Record<NonNullable<Repository['error_code']>, string>> = {
  no_url_scheme: 'The address has to begin with https://.',
  no_url_host: 'The address names no server. Write it as https://SERVER/GROUP/PROJECT.',
  no_git_repo: 'There is no git repository at this address that everybody may read.',
  no_url_path: 'The address names a server only. Write it as https://SERVER/GROUP/PROJECT.',
  invalid_url_scheme: 'Only addresses that begin with https:// or http:// can be read.',
  invalid_git_url: 'This is no address of a repository: it is malformed, or holds a user name or a password.',
  host_unreachable:
    'No server can be reached at this address from here. Check the name of the host; whether it is up; and, for one inside a company, whether the platform may reach it.',
  metadata_unauthorized: 'The service does not show this repository to your account there.',
  metadata_oauth: 'The service takes the tokens of your connection no longer.',
  metadata_unknown: 'The service did not say what it is. Try again later.',
  metadata_validation: 'The service answered what could not be understood. Try again later.',
}

/** What is known of a repository in a sentence, and whether connecting the service is the next step. */
export function repositoryAdvice({ status, error_code, provider, connection }: Repository): {
  readonly text: string
  readonly connect: boolean
} {
  const isConnected = connection?.status === 'connected'
  if (status === 'valid') return { text: 'The repository can be reached.', connect: false }
  const said = error_code === undefined ? 'Nothing is known of this repository.' : refusals[error_code]
  if (provider === undefined) {
    const isAddress = error_code === 'no_git_repo'
    return {
      text: isAddress
        ? `${said} If it is private, an administrator sets up its service first; then you connect it.`
        : said,
      connect: false,
    }
  }
  if (!isConnected) {
    return { text: `${said} If it is private, connect ${provider.name}, and it is read as you.`, connect: true }
  }
  if (error_code === 'metadata_oauth') return { text: `${said} Connect it again.`, connect: true }
  return { text: said, connect: false }
}
