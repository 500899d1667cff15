import { logKey } from '@millrace/engine'
import type { ServerEvent } from '@millrace/http'
import type { ServerContext } from '../server-context.ts'
import { isAttemptOver } from './store.ts'

/** How often to look while nothing is said: another server may take the log. In milliseconds. */
const lookEveryMs = 1000
const pieceBytes = 256 * 1024

/**
 * The lines of a log from byte `from` on, as they are written. The id of an event is the byte after its line, where a
 * client that comes back goes on. Ends with an event `end` when the attempt is over.
 */
export async function* followLog(
  { engine, logChanges }: ServerContext,
  place: { readonly runId: number; readonly taskRunId: number; readonly attempt: number },
  { from, signal }: { readonly from: number; readonly signal: AbortSignal },
): AsyncGenerator<ServerEvent> {
  using watch = logChanges.watch(place)
  const key = logKey(place)
  let at = from
  while (!signal.aborted) {
    // Asked before the log is read: what was written until the end is then there.
    const isOver = (await isAttemptOver(engine.db, place.taskRunId, place.attempt)) ?? true
    for (let size = pieceBytes; ; ) {
      const piece = Buffer.from(await engine.artifacts.read(key, at, size))
      const end = piece.lastIndexOf('\n') + 1
      if (end === 0) {
        // A line that is not written to its end yet, or one that is longer than the piece.
        if (piece.length < size) break
        size *= 2
        continue
      }
      for (let start = 0; start < end; ) {
        const next = piece.indexOf('\n', start) + 1
        const line = piece.toString('utf8', start, next)
        start = next
        yield { id: `${at + next}`, event: 'line', data: parseLine(line) }
      }
      at += end
    }
    if (isOver) {
      yield { event: 'end', data: { bytes: at } }
      return
    }
    await watch.wait(lookEveryMs, signal)
  }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return { at: 0, level: 'info', source: 'engine', text: line.trimEnd() }
  }
}
