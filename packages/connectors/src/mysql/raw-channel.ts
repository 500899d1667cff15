import type { Connection } from 'mysql2'

/** The parts of the driver's connection that the channel works with; all are stable over its 3.x line. */
export interface DriverConnection extends Connection {
  readonly stream: NodeJS.ReadWriteStream & {
    readonly destroyed: boolean
    destroy(): void
    cork(): void
    uncork(): void
  }
  readonly packetParser: { execute(chunk: Buffer): unknown }
}

/**
 * The connection's bytes without the driver in between, for one command of an idle connection. TLS
 * is already off the bytes. The server's answer is collected until a limit, then the socket pauses.
 */
export interface RawChannel {
  /** Whether the server has said something that was not taken yet. */
  readonly waiting: boolean
  /** Sends a payload as packets that count from `sequence`; resolves to the next number once the bytes are on their way and may be reused. */
  send(payload: Uint8Array, sequence: number): Promise<number>
  /** What arrived since the last call, at least one chunk; rejects when the connection is lost. */
  take(): Promise<readonly Buffer[]>
  /** Gives the connection back to the driver. Only after the whole answer was taken. */
  release(): void
}

/** Enough to keep the server busy while a block is worked on. */
const pauseAtBytes = 1 << 20
export const maxPacketPayload = 0xffffff

export function openChannel(connection: DriverConnection): RawChannel {
  const { stream, packetParser } = connection
  const drive = packetParser.execute
  let chunks: Buffer[] = []
  let bytes = 0
  let paused = false
  let lost: Error | undefined
  let wake: (() => void) | undefined

  const onLost = (error?: Error) => {
    lost ??= error instanceof Error ? error : lostConnection()
    wake?.()
  }
  const onClose = () => onLost()
  packetParser.execute = (chunk: Buffer) => {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= pauseAtBytes && !paused) {
      paused = true
      stream.pause()
    }
    wake?.()
  }
  stream.on('close', onClose)
  stream.on('error', onLost)
  if (stream.destroyed) onLost()

  return {
    get waiting() {
      return chunks.length > 0 || lost !== undefined
    },
    async send(payload, sequence) {
      let next = sequence
      let at = 0
      for (;;) {
        const length = Math.min(payload.length - at, maxPacketPayload)
        const header = Buffer.of(length & 255, (length >> 8) & 255, length >> 16, next)
        next = (next + 1) & 255
        const part = payload.subarray(at, at + length)
        await new Promise<void>((resolve, reject) => {
          if (lost) return reject(lost)
          const settle = (error?: Error | null) => {
            stream.removeListener('close', onGone)
            if (error) reject(error)
            else resolve()
          }
          const onGone = () => settle(lost ?? lostConnection())
          stream.once('close', onGone)
          stream.cork()
          stream.write(header)
          stream.write(part, settle)
          stream.uncork()
        })
        at += length
        // A payload that fills its packet exactly is ended by an empty one.
        if (length < maxPacketPayload) return next
      }
    },
    async take() {
      while (chunks.length === 0) {
        if (lost) throw lost
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        wake = undefined
      }
      const taken = chunks
      chunks = []
      bytes = 0
      if (paused) {
        paused = false
        stream.resume()
      }
      return taken
    },
    release() {
      stream.removeListener('close', onClose)
      stream.removeListener('error', onLost)
      packetParser.execute = drive
      if (paused) stream.resume()
    },
  }
}

function lostConnection(): Error {
  return Object.assign(new Error('the server closed the connection'), { code: 'PROTOCOL_CONNECTION_LOST' })
}
