import type { RowBlock } from '@millrace/formats'
import { mysqlError } from './errors.ts'
import { errorPacket, okPacket, PacketBuffer, type StatementEnd } from './packet-buffer.ts'
import { openChannel, type RawChannel } from './raw-channel.ts'
import type { Session } from './session.ts'

const comQuery = 0x03
const ok = 0x00
const localInfile = 0xfb
const failed = 0xff

/** Asks the server, from another connection, to stop what a session is doing. */
export type Kill = (session: Session) => Promise<void>

/**
 * Runs one query and yields its rows as they arrive, at most about a megabyte ahead of the
 * consumer. Cells are the server's text. When the consumer stops early, or the signal aborts, the
 * query is killed on the server and the session is usable again.
 */
export async function* readRows(
  session: Session,
  sql: string,
  kill: Kill,
  signal?: AbortSignal,
): AsyncGenerator<RowBlock, void, undefined> {
  signal?.throwIfAborted()
  const channel = openChannel(session.connection)
  const packets = new PacketBuffer(channel)
  let running = true
  let columnCount = 0
  const stop = interruptible(session, kill, signal, () => running)
  try {
    await sendQuery(channel, sql)
    const header = await packets.packet()
    if (header[0] === failed || header[0] === ok) running = false
    if (header[0] === failed) throw errorPacket(header)
    if (header[0] === ok) return
    columnCount = countOf(header)
    for (let column = 0; column <= columnCount; column++) {
      const definition = await packets.packet()
      if (definition[0] === failed) {
        running = false
        throw errorPacket(definition)
      }
    }
    for (;;) {
      const { state, block } = endOnError(packets.rows.bind(packets), columnCount, () => {
        running = false
      })
      if (state === 'end') running = false
      if (block.rowCount > 0) yield block
      if (state === 'end') return
      await packets.fill()
    }
  } catch (error) {
    throw signal?.aborted ? signal.reason : mysqlError(error, session.label)
  } finally {
    await stop()
    const cut = running && session.alive
    if (cut) await drain(session, packets, columnCount, kill)
    channel.release()
    // A kill that came after the last row would hit the next statement: this one is for it.
    if (cut && session.alive) await session.execute('DO 0').catch(() => {})
  }
}

function endOnError<T>(parse: (columnCount: number) => T, columnCount: number, ended: () => void): T {
  try {
    return parse(columnCount)
  } catch (error) {
    ended()
    throw error
  }
}

/** Ends a query whose rows nobody wants. A session that cannot be told is closed. */
async function drain(session: Session, packets: PacketBuffer, columnCount: number, kill: Kill): Promise<void> {
  try {
    await kill(session)
    if (columnCount === 0) throw new Error('the answer has not begun')
    while (packets.rows(columnCount).state === 'more') await packets.fill()
  } catch (error) {
    if ((error as { errno?: number }).errno === undefined) await session.close()
  }
}

/** Aborts by killing the statement; the answer then fails. Returns how to end the watch. */
function interruptible(
  session: Session,
  kill: Kill,
  signal: AbortSignal | undefined,
  running: () => boolean,
): () => Promise<void> {
  let killed: Promise<void> | undefined
  const onAbort = () => {
    if (!running()) return
    // A server that cannot be told any more notices the closed connection instead.
    killed = kill(session).catch(() => session.connection.destroy())
  }
  signal?.addEventListener('abort', onAbort, { once: true })
  return async () => {
    signal?.removeEventListener('abort', onAbort)
    await killed
  }
}

/** Runs work on a session; an abort kills its statement on the server. */
export async function guarded<T>(
  session: Session,
  kill: Kill,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted()
  let running = true
  const stop = interruptible(session, kill, signal, () => running)
  try {
    return await work()
  } catch (error) {
    throw signal?.aborted ? signal.reason : error
  } finally {
    running = false
    await stop()
  }
}

/** Runs a statement given as bytes, such as a large INSERT. */
export async function runStatement(session: Session, sql: Uint8Array): Promise<StatementEnd> {
  const channel = openChannel(session.connection)
  try {
    const payload = Buffer.allocUnsafe(sql.length + 1)
    payload[0] = comQuery
    payload.set(sql, 1)
    await channel.send(payload, 0)
    return endOf(await new PacketBuffer(channel).packet())
  } catch (error) {
    throw mysqlError(error, session.label)
  } finally {
    channel.release()
  }
}

/**
 * Runs a LOAD DATA LOCAL statement with the given bytes as its file. Each piece may be reused by its
 * producer as soon as the next one is asked for. When the producer fails, the server is told that
 * the file has ended, and the producer's error is thrown: the caller rolls back.
 */
export async function loadLocal(
  session: Session,
  sql: string,
  pieces: AsyncIterable<Uint8Array>,
): Promise<StatementEnd> {
  const channel = openChannel(session.connection)
  const packets = new PacketBuffer(channel)
  try {
    await sendQuery(channel, sql)
    const header = await packets.packet()
    if (header[0] !== localInfile) return endOf(header)
    let sequence = 2
    let failure: { readonly error: unknown } | undefined
    try {
      for await (const piece of pieces) {
        for (let at = 0; at < piece.length; at += packetBytes) {
          sequence = await channel.send(piece.subarray(at, at + packetBytes), sequence)
        }
        // The server speaks before the end only when it has given up.
        if (channel.waiting) break
      }
    } catch (error) {
      failure = { error }
    }
    if (session.alive) await channel.send(new Uint8Array(0), sequence)
    const end = await packets.packet()
    if (failure) throw failure.error
    return endOf(end)
  } catch (error) {
    throw mysqlError(error, session.label)
  } finally {
    channel.release()
  }
}

/** Below the smallest `max_allowed_packet` that a server is run with. */
const packetBytes = 256 * 1024

function endOf(packet: Buffer): StatementEnd {
  if (packet[0] === failed) throw errorPacket(packet)
  return okPacket(packet)
}

async function sendQuery(channel: RawChannel, sql: string): Promise<void> {
  const payload = Buffer.allocUnsafe(Buffer.byteLength(sql) + 1)
  payload[0] = comQuery
  payload.write(sql, 1)
  await channel.send(payload, 0)
}

function countOf(header: Buffer): number {
  const first = header[0] as number
  return first === 252 ? header.readUInt16LE(1) : first
}
