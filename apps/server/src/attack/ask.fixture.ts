import { type Operation, placeIn } from './operations.fixture.ts'
import type { Rule } from './rules.fixture.ts'
import type { Things, World } from './world.fixture.ts'

export interface Asked {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** Calls an operation as its rule says, about these things. */
export async function ask(
  { server }: Pick<World, 'server'>,
  { method, path }: Pick<Operation, 'method' | 'path'>,
  { rule, things, token }: { readonly rule: Rule; readonly things: Things; readonly token: string | null },
): Promise<Asked> {
  const query = rule.query === undefined ? '' : `?${new URLSearchParams(rule.query)}`
  const response = await fetch(`${server.server.url}${placeIn(path, things)}${query}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(rule.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(rule.ifMatch ? { 'if-match': '"0"' } : {}),
    },
    ...(rule.body === undefined ? {} : { body: JSON.stringify(rule.body) }),
    ...(rule.bytes === undefined ? {} : { body: Buffer.from(rule.bytes) }),
  })
  // Streams go on for as long as a run does.
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
  if (isStream) await response.body?.cancel()
  return { status: response.status, headers: response.headers, text: isStream ? '' : await response.text() }
}
