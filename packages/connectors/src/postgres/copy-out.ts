import { FatalError, TransientError } from '@millrace/core'
import { postgresError, type ServerError } from './errors.ts'
import type { ReadSocket } from './read-socket.ts'
import type { Session } from './session.ts'

/** Whole rows; the bytes are valid until the next batch is asked for. */
export interface RowBatch {
  readonly bytes: Buffer
  readonly rows: number
}

/** Small enough to stay in the processor's cache between the socket and the consumer. */
const batchBytes = 512 * 1024
/** A consumer that waits gets a batch of this size already. */
const eagerBytes = 128 * 1024
const binaryHeaderBytes = 19
/** How long a cancelled server may take to answer before the connection is cut. */
const cancelTimeoutMs = 10_000

/**
 * Runs `COPY … TO STDOUT` and yields the rows as the server sends them. While it runs, the
 * connection's bytes go past the driver: the messages are taken apart here, and their payloads
 * (one CopyData is one row) are joined in one of two buffers while the consumer has the other.
 *
 * With `binary` the stream's header and trailer are left out. The row count is checked against the
 * server's. An error or an early return leaves the session without a usable transaction.
 */
export async function* copyOut(
  session: Session,
  sql: string,
  options: { readonly binary: boolean; readonly signal: AbortSignal },
): AsyncGenerator<RowBatch, void, undefined> {
  options.signal.throwIfAborted()
  const reader = new CopyReader(session, options)
  try {
    reader.start(sql)
    for (let batch = await reader.next(); batch !== null; batch = await reader.next()) yield batch
  } finally {
    await reader.close()
  }
}

type State = 'running' | 'ready' | 'closed'

class CopyReader {
  readonly #session: Session
  readonly #stream
  readonly #binary: boolean
  readonly #signal: AbortSignal
  readonly #onData = (chunk: Buffer) => this.#take(chunk)
  readonly #onClose = () => this.#end('closed', undefined)
  readonly #onError = (error: Error) => this.#end('closed', error)
  readonly #onAbort = () => void this.#stop()
  /** The driver's own listeners, out of work while the COPY runs. */
  #driverListeners: ((chunk: Buffer) => void)[] = []
  #state: State = 'running'
  #failure: unknown
  #filling = Buffer.allocUnsafe(batchBytes)
  #spare = Buffer.allocUnsafe(batchBytes)
  #filled = 0
  #rows = 0
  /** Where in the buffer the row that is being received began. */
  #rowStart = 0
  /** Bytes of the socket that wait until the consumer has taken a batch. */
  #pending: Buffer | null = null
  /** The type byte of the message being received, 0 between messages. */
  #type = 0
  #left = 0
  readonly #header = Buffer.allocUnsafe(5)
  #headerLength = 0
  #control: Buffer[] = []
  #totalRows = 0
  #announcedRows = -1
  #skip: number
  #wake: (() => void) | null = null
  #cut: NodeJS.Timeout | undefined

  constructor(session: Session, options: { readonly binary: boolean; readonly signal: AbortSignal }) {
    this.#session = session
    this.#stream = session.client.connection.stream
    this.#binary = options.binary
    this.#signal = options.signal
    this.#skip = options.binary ? binaryHeaderBytes : 0
  }

  start(sql: string): void {
    const stream = this.#stream
    if (stream.destroyed) {
      this.#end('closed', undefined)
      return
    }
    this.#driverListeners = stream.listeners('data') as ((chunk: Buffer) => void)[]
    stream.removeAllListeners('data')
    this.#lend(true)
    stream.on('data', this.#onData)
    stream.once('close', this.#onClose)
    stream.once('error', this.#onError)
    this.#signal.addEventListener('abort', this.#onAbort, { once: true })
    const text = Buffer.from(`${sql}\0`)
    const message = Buffer.allocUnsafe(5)
    message[0] = 0x51
    message.writeInt32BE(text.length + 4, 1)
    stream.write(Buffer.concat([message, text]))
  }

  async next(): Promise<RowBatch | null> {
    for (;;) {
      if (this.#failure !== undefined && this.#state !== 'running') this.#throw()
      if (this.#rows > 0 && (this.#pending !== null || this.#state === 'ready')) return this.#hand()
      if (this.#rows > 0 && this.#filled >= eagerBytes) return this.#hand()
      if (this.#state === 'closed') this.#throw()
      if (this.#state === 'ready') return this.#finish()
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Gives the filled buffer away and goes on in the other one. */
  #hand(): RowBatch {
    const whole = this.#rowStart
    const tail = this.#filled - whole
    const batch = { bytes: this.#filling.subarray(0, whole), rows: this.#rows }
    const wanted = Math.max(batchBytes, tail + (this.#type === 0x64 ? this.#left : 0))
    const next = this.#spare.length >= wanted ? this.#spare : Buffer.allocUnsafe(wanted)
    if (tail > 0) this.#filling.copy(next, 0, whole, this.#filled)
    this.#spare = this.#filling
    this.#filling = next
    this.#filled = tail
    this.#rowStart = 0
    this.#totalRows += this.#rows
    this.#rows = 0
    const pending = this.#pending
    if (pending) {
      this.#pending = null
      // Not before the consumer has seen this batch: the bytes go into the other buffer.
      this.#take(pending)
      if (this.#pending === null && this.#state === 'running') this.#stream.resume()
    }
    return batch
  }

  #take(chunk: Buffer): void {
    if (this.#pending !== null) {
      this.#pending = Buffer.concat([this.#pending, chunk])
      return
    }
    let at = 0
    const end = chunk.length
    while (at < end) {
      if (this.#type === 0) {
        // A header in one piece is the common case.
        if (this.#headerLength === 0 && end - at >= 5) {
          this.#type = chunk[at] as number
          this.#left = chunk.readInt32BE(at + 1) - 4
          at += 5
        } else {
          while (at < end && this.#headerLength < 5) this.#header[this.#headerLength++] = chunk[at++] as number
          if (this.#headerLength < 5) break
          this.#headerLength = 0
          this.#type = this.#header[0] as number
          this.#left = this.#header.readInt32BE(1) - 4
        }
        if (this.#type === 0x64 && this.#filled + this.#left > this.#filling.length) {
          if (this.#rows > 0) {
            // Full: the message goes on with the next buffer, once the consumer comes back for it.
            this.#pending = at < end ? chunk.subarray(at) : empty
            this.#stream.pause()
            this.#notify()
            return
          }
          this.#grow(this.#filled + this.#left)
        }
      }
      const size = Math.min(this.#left, end - at)
      if (this.#type === 0x64) {
        chunk.copy(this.#filling, this.#filled, at, at + size)
        this.#filled += size
      } else if (size > 0) this.#control.push(Buffer.from(chunk.subarray(at, at + size)))
      at += size
      this.#left -= size
      if (this.#left > 0) break
      if (this.#type === 0x64) this.#endRow()
      else if (this.#endMessage() && this.#finishMessages(chunk.subarray(at))) return
      this.#type = 0
    }
    if (this.#filled >= eagerBytes) this.#notify()
  }

  #endRow(): void {
    if (this.#skip > 0) {
      // The header of a binary stream comes with the first row, or with the trailer when there is none.
      this.#filling.copyWithin(this.#rowStart, this.#rowStart + this.#skip, this.#filled)
      this.#filled -= this.#skip
      this.#skip = 0
    }
    if (this.#binary && this.#filled - this.#rowStart === 2 && this.#filling.readInt16BE(this.#rowStart) === -1) {
      this.#filled = this.#rowStart
      return
    }
    this.#rowStart = this.#filled
    this.#rows++
  }

  #grow(size: number): void {
    const bigger = Buffer.allocUnsafe(Math.max(size, Math.min(this.#filling.length * 2, 0x3fffffff)))
    this.#filling.copy(bigger, 0, 0, this.#filled)
    this.#filling = bigger
  }

  /** A message other than CopyData; true for ReadyForQuery, the last of all. */
  #endMessage(): boolean {
    const body = this.#control.length === 1 ? (this.#control[0] as Buffer) : Buffer.concat(this.#control)
    this.#control = []
    if (this.#type === 0x45) this.#failure ??= parseServerError(body)
    else if (this.#type === 0x43) {
      const tag = /^COPY (\d+)/.exec(body.toString('latin1'))
      if (tag) this.#announcedRows = Number(tag[1])
    }
    return this.#type === 0x5a
  }

  #finishMessages(rest: Buffer): boolean {
    this.#type = 0
    this.#giveBack()
    if (rest.length > 0) for (const listener of this.#driverListeners) listener(Buffer.from(rest))
    this.#end('ready', undefined)
    return true
  }

  #finish(): null {
    if (this.#announcedRows === this.#totalRows) return null
    throw new FatalError('ROW_COUNT_DIFFERS', {
      message: `${this.#session.label} announced ${this.#announcedRows} rows and sent ${this.#totalRows}. Nothing of this chunk is used; run again.`,
    })
  }

  #throw(): never {
    this.#signal.throwIfAborted()
    if (this.#failure !== undefined) throw postgresError(this.#failure, this.#session.label)
    throw new TransientError('CONNECTION_LOST', {
      message: `${this.#session.label} closed the connection in the middle of a read. Run again.`,
    })
  }

  #end(state: State, error: unknown): void {
    if (this.#state !== 'running') return
    this.#state = state
    this.#failure ??= error
    this.#notify()
  }

  #notify(): void {
    const wake = this.#wake
    this.#wake = null
    wake?.()
  }

  #giveBack(): void {
    const stream = this.#stream
    stream.off('data', this.#onData)
    this.#lend(false)
    stream.off('close', this.#onClose)
    stream.off('error', this.#onError)
    for (const listener of this.#driverListeners) stream.on('data', listener)
    this.#signal.removeEventListener('abort', this.#onAbort)
    stream.resume()
  }

  /** While reading is paused, the bytes in `#pending` stay as they are. */
  #lend(lends: boolean): void {
    if ('lendsBuffer' in this.#stream) (this.#stream as ReadSocket).lendsBuffer = lends
  }

  /** After an early end: cancels and drops what still comes, so that the server does not go on for nobody. */
  async close(): Promise<void> {
    if (this.#state === 'running') {
      await this.#stop()
      for (this.#drop(); this.#state === 'running'; this.#drop()) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      }
    }
    if (this.#state === 'closed') this.#giveBack()
    clearTimeout(this.#cut)
  }

  /** Cancels on the server; cuts the connection when that does not help. */
  async #stop(): Promise<void> {
    this.#cut ??= setTimeout(() => this.#stream.destroy(), cancelTimeoutMs)
    await this.#session.cancel()
  }

  #drop(): void {
    while (this.#state === 'running' && (this.#rows > 0 || this.#pending !== null)) this.#hand()
  }
}

const empty = Buffer.alloc(0)

/** Fields of an ErrorResponse: a letter, text, zero. */
function parseServerError(body: Buffer): ServerError {
  const fields = new Map<string, string>()
  let at = 0
  while (at < body.length && body[at] !== 0) {
    const end = body.indexOf(0, at + 1)
    if (end < 0) break
    fields.set(String.fromCharCode(body[at] as number), body.toString('utf8', at + 1, end))
    at = end + 1
  }
  return {
    code: fields.get('C') ?? 'XX000',
    message: fields.get('M') ?? '',
    detail: fields.get('D'),
    hint: fields.get('H'),
    position: fields.get('P'),
    schema: fields.get('s'),
    table: fields.get('t'),
    column: fields.get('c'),
    constraint: fields.get('n'),
  }
}
