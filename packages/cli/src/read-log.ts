import type { Client, LogEntry } from '@millrace/client'
import { retry } from '@millrace/core'

/** The log of an attempt as far as it is written, in parts, since it may be large. */
export async function* readLog(
  client: Client,
  taskRun: number,
  { attempt, signal }: { readonly attempt: number; readonly signal: AbortSignal },
): AsyncGenerator<LogEntry> {
  const part = async (offset: number) => {
    const answer = await client.stream(`/api/task-runs/${taskRun}/log?attempt=${attempt}&offset=${offset}`, { signal })
    const bytes = new Uint8Array(await answer.arrayBuffer())
    const isLast = bytes.byteLength === 0 || answer.headers.get('log-complete') === 'true'
    return { bytes, isLast, next: Number(answer.headers.get('log-next-offset')) }
  }
  // An answer that breaks off is a TypeError of the platform's.
  const again = { retries: 4, minDelayMs: 300, signal, shouldRetry: (error: Error) => error instanceof TypeError }
  const decoder = new TextDecoder()
  let rest = ''
  for (let offset = 0; ; ) {
    const { bytes, isLast, next } = await retry(() => part(offset), again)
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') yield JSON.parse(line)
    offset = next
    if (isLast) return
  }
}
