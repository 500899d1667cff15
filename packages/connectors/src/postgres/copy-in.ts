import type { Piece } from '@millrace/formats'
import type pg from 'pg'

/** Bytes of one CopyData message. Large messages cost the server less; two of them are in memory per load. */
const messageBytes = 256 * 1024
const headerBytes = 5
const binaryHeader = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const binaryTrailer = Buffer.from([0xff, 0xff])

interface Wire {
  readonly stream: NodeJS.WritableStream
  query(text: string): void
  endCopyFrom(): void
  sendCopyFail(message: string): void
}

/**
 * `COPY … FROM STDIN` as `pg` runs it: an object that takes the connection's messages. It leaves
 * the connection ready for the next statement, however it ends.
 */
class CopyIn {
  /** Set by `pg`, which expects it to be called at the end. */
  callback: (() => void) | undefined
  readonly ready: Promise<Wire>
  readonly done: Promise<number>
  failure: Error | undefined
  /** Rejects whatever the pump waits for. */
  interrupt: (error: unknown) => void = () => {}
  readonly #sql: string
  readonly #isReady = Promise.withResolvers<Wire>()
  readonly #isDone = Promise.withResolvers<number>()
  #rows = 0

  constructor(sql: string) {
    this.#sql = sql
    this.ready = this.#isReady.promise
    this.done = this.#isDone.promise
    // Both are awaited later than they may fail.
    this.ready.catch(() => {})
    this.done.catch(() => {})
  }

  submit(connection: Wire): void {
    connection.query(this.#sql)
  }

  handleCopyInResponse(connection: Wire): void {
    this.#isReady.resolve(connection)
  }

  handleCommandComplete(message: { readonly text: string }): void {
    this.#rows = Number(message.text.split(' ')[1])
  }

  handleReadyForQuery(): void {
    this.#isDone.resolve(this.#rows)
    this.callback?.()
  }

  handleError(error: Error): void {
    this.failure = error
    this.#isReady.reject(error)
    this.#isDone.reject(error)
    this.interrupt(error)
    this.callback?.()
  }

  /** Waits, unless the server refuses first. Made anew for each wait: a race against one lasting promise would keep every piece's reaction alive. */
  unlessRefused<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.interrupt = reject
      if (this.failure) reject(this.failure)
      promise.then(resolve, reject)
    })
  }
}

/** Packs pieces into CopyData messages; a buffer is filled while the other one is being sent. */
class MessageWriter {
  readonly #stream: NodeJS.WritableStream
  readonly #buffers = [0, 1].map(() => Buffer.allocUnsafe(headerBytes + messageBytes))
  readonly #sent: Promise<void>[] = [Promise.resolve(), Promise.resolve()]
  #current = 0
  #filled = 0

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let offset = 0; offset < bytes.length; ) {
      const part = bytes.subarray(offset, offset + messageBytes - this.#filled)
      this.#buffer.set(part, headerBytes + this.#filled)
      this.#filled += part.length
      offset += part.length
      if (this.#filled === messageBytes) await this.flush()
    }
  }

  async flush(): Promise<void> {
    if (this.#filled === 0) return
    const message = this.#buffer
    message[0] = 0x64
    message.writeInt32BE(this.#filled + 4, 1)
    const length = headerBytes + this.#filled
    // A failed write shows itself as the end of the connection, which rejects the statement.
    this.#sent[this.#current] = new Promise((resolve) =>
      this.#stream.write(message.subarray(0, length), () => resolve()),
    )
    this.#current = 1 - this.#current
    this.#filled = 0
    await this.#sent[this.#current]
  }

  get #buffer(): Buffer {
    return this.#buffers[this.#current] as Buffer
  }
}

export interface CopyInResult {
  /** As the server counted them. */
  readonly rows: number
  /** As the pieces counted them. */
  readonly sentRows: number
  readonly bytes: number
}

/**
 * Sends pieces into `COPY … FROM STDIN`. Rejects at once when the server refuses a row, the
 * connection ends or `signal` aborts, even while the producer has nothing to give.
 */
export async function copyIn(
  client: pg.Client,
  sql: string,
  pieces: AsyncIterable<Piece>,
  options: { readonly binary: boolean; readonly signal?: AbortSignal },
): Promise<CopyInResult> {
  const copy = new CopyIn(sql)
  client.query(copy as unknown as pg.Submittable)
  const wire = await copy.ready
  const iterator = pieces[Symbol.asyncIterator]()
  const onAbort = () => copy.interrupt(options.signal?.reason)
  options.signal?.addEventListener('abort', onAbort, { once: true })
  let sentRows = 0
  let bytes = 0
  let asking = false
  let ended = false
  try {
    const writer = new MessageWriter(wire.stream)
    if (options.binary) await copy.unlessRefused(writer.write(binaryHeader))
    while (true) {
      options.signal?.throwIfAborted()
      asking = true
      const next = await copy.unlessRefused(iterator.next())
      asking = false
      if (next.done) break
      sentRows += next.value.rows
      bytes += next.value.bytes.length
      await copy.unlessRefused(writer.write(next.value.bytes))
    }
    ended = true
    if (options.binary) await copy.unlessRefused(writer.write(binaryTrailer))
    await copy.unlessRefused(writer.flush())
    options.signal?.throwIfAborted()
    wire.endCopyFrom()
    return { rows: await copy.done, sentRows, bytes }
  } catch (error) {
    if (copy.failure === undefined) {
      wire.sendCopyFail('the sender stopped')
      await copy.done.catch(() => {})
    }
    throw error
  } finally {
    options.signal?.removeEventListener('abort', onAbort)
    if (!ended) {
      const returned = Promise.resolve(iterator.return?.()).catch(() => {})
      // A producer that is still busy with a piece ends by its own signal; waiting for it here could take for ever.
      if (!asking) await returned
    }
  }
}
