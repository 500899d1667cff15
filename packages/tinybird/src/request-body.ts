/** What a request sends. `open` is called for each attempt and has to begin anew. */
export interface RequestBody {
  readonly contentType: string
  readonly contentEncoding?: 'gzip'
  /** Bytes; null when nobody knows before the end, then it is sent in HTTP chunks. */
  readonly length: number | null
  open(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>
}

export function bytesBody(data: Uint8Array | string, contentType: string): RequestBody {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  return { contentType, length: bytes.byteLength, open: () => [bytes] }
}

export function formBody(fields: Readonly<Record<string, string | undefined>>): RequestBody {
  return bytesBody(String(searchParams(fields)), 'application/x-www-form-urlencoded')
}

/** Leaves out what is undefined. */
export function searchParams(fields: Readonly<Record<string, string | undefined>>): URLSearchParams {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) params.set(name, value)
  return params
}
