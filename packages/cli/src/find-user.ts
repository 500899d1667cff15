import type { Client } from '@millrace/client'
import { ConfigError } from '@millrace/core'
import { codeOf } from './server-error.ts'

export interface FoundUser {
  readonly id: string
  readonly username: string
}

/**
 * A user as a person names one: an e-mail address, `@USERNAME`, or an id.
 *
 * @throws ConfigError `USER_MISSING`
 */
export async function findUser(client: Client, text: string): Promise<FoundUser> {
  if (text.startsWith('@')) return await byUsername(client, text.slice(1))
  if (!text.includes('@')) {
    return await orMissing(
      client.get('/api/data/users/{user_id}', { params: { path: { user_id: text } } }),
      `There is no user with the id "${text}". Write an e-mail address, @USERNAME, or an id.`,
    )
  }
  const { items } = await client.page('/api/data/users', { params: { query: { exact_email: text } } })
  const [found, ...others] = items
  if (found !== undefined && others.length === 0) return found
  throw missing(
    found === undefined
      ? `Nobody with the e-mail address ${text} has signed in yet. Users are known from their first sign-in on.`
      : `${items.length} users have the e-mail address ${text}. Say which: ${items.map(({ username }) => `@${username}`).join(', ')}.`,
  )
}

async function byUsername(client: Client, username: string): Promise<FoundUser> {
  const unknown = `There is no user @${username}. Write an e-mail address, @USERNAME, or an id.`
  const namespace = await orMissing(
    client.get('/api/data/namespaces/{slug}', { params: { path: { slug: username } } }),
    unknown,
  )
  if (namespace.namespace_kind !== 'user') throw missing(`@${username} is a group, and no user.`)
  return { id: namespace.created_by, username: namespace.slug }
}

async function orMissing<T>(work: Promise<T>, message: string): Promise<T> {
  try {
    return await work
  } catch (error) {
    const code = codeOf(error)
    if (code === 'USER_MISSING' || code === 'NAMESPACE_MISSING') throw missing(message, error)
    throw error
  }
}

function missing(message: string, cause?: unknown): ConfigError {
  return new ConfigError('USER_MISSING', { message, cause })
}
