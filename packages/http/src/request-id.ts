import { randomUUID } from 'node:crypto'

const ids = new WeakMap<Request, string>()

/** What the client calls its request, when that fits into a log line; else one of ours. */
export function requestIdOf(request: Request): string {
  let id = ids.get(request)
  if (id === undefined) {
    const given = request.headers.get('x-request-id') ?? ''
    id = /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID()
    ids.set(request, id)
  }
  return id
}
