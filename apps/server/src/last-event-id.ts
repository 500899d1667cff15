/** Where a client that was cut off goes on; null for a stream from its beginning. */
export function lastEventId(request: Request): number | null {
  const text = request.headers.get('last-event-id') ?? ''
  return /^\d{1,15}$/.test(text) ? Number(text) : null
}
