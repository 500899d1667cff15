import { randomUUID } from 'node:crypto'
import { createClient } from '@millrace/client'
import type { ConsoleUnderTest } from './browser.fixture.ts'

const linesOfPart = 50_000

interface Lease {
  readonly taskRunId: number
  readonly attempt: number
}

/** Runs the first task that waits as a worker that says so many lines. Needs `millrace dev --no-worker`. Returns the task run. */
export async function runWithLog({ url, api }: ConsoleUnderTest, lines: number): Promise<number> {
  const { token } = await api.post('/api/worker-tokens', { body: { name: 'big-log', queues: ['default'] } })
  const client = createClient({ url, token })
  const worker = {
    id: randomUUID(),
    name: 'big-log',
    host: 'test',
    pid: 1,
    version: '1',
    queues: ['default'],
    slots: 1,
  }
  const exchange = async (rest: object) =>
    await client.post('/api/worker/exchange', {
      body: { worker, results: [], running: [], want: 0, waitMs: 0, ...rest } as never,
    })
  const { tasks } = await exchange({ want: 1, waitMs: 20_000 })
  const [lease] = tasks as unknown as readonly Lease[]
  if (lease === undefined) throw new Error('No task waits for a worker.')
  const { taskRunId, attempt } = lease
  let offset = 0
  for (let line = 0; line < lines; line += linesOfPart) {
    const part = Buffer.from(linesFrom(line, Math.min(linesOfPart, lines - line)))
    const query = `worker=${worker.id}&offset=${offset}`
    const answer = await fetch(`${url}/api/worker/attempts/${taskRunId}/${attempt}/log?${query}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' },
      body: part,
    })
    if (!answer.ok) throw new Error(`The log was refused: ${await answer.text()}`)
    offset += part.length
    await exchange({ running: [{ taskRunId, attempt }] })
  }
  await exchange({ results: [{ taskRunId, attempt, outcome: { kind: 'success', output: null } }] })
  return taskRunId
}

function linesFrom(first: number, count: number): string {
  const at = Date.UTC(2026, 2, 1)
  let text = ''
  for (let line = first; line < first + count; line++) {
    const level = line % 1000 === 999 ? 'error' : line % 50 === 0 ? 'warn' : 'info'
    const entry = {
      at: at + line,
      level,
      source: 'log',
      text: `line ${line + 1}: ${(line * 7919) % 100_003} rows are loaded`,
    }
    text += `${JSON.stringify(entry)}\n`
  }
  return text
}
