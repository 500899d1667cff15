import type { Client, LogLine } from '@millrace/client'

/** The log of an attempt as far as it is written, in parts, since it may be large. */
export async function* readLog(client: Client, taskRun: number, attempt: number): AsyncGenerator<LogLine> {
  const decoder = new TextDecoder()
  let rest = ''
  for (let offset = 0; ; ) {
    const answer = await client.stream(`/api/task-runs/${taskRun}/log?attempt=${attempt}&offset=${offset}`)
    const bytes = new Uint8Array(await answer.arrayBuffer())
    const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') yield JSON.parse(line)
    offset = Number(answer.headers.get('log-next-offset'))
    if (bytes.byteLength === 0 || answer.headers.get('log-complete') === 'true') return
  }
}
