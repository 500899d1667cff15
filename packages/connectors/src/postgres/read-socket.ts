import { Socket } from 'node:net'

const readBytes = 64 * 1024

/** A socket that reads into one buffer, again and again, so that a long read leaves no garbage behind. */
export interface ReadSocket extends Socket {
  /** Set by who uses up each chunk before it returns; everybody else gets a copy. */
  lendsBuffer: boolean
}

export function createReadSocket(): ReadSocket {
  const socket: ReadSocket = Object.assign(
    new Socket({
      onread: {
        buffer: Buffer.allocUnsafeSlow(readBytes),
        callback(size: number, buffer: Uint8Array) {
          const chunk = Buffer.from(buffer.buffer, buffer.byteOffset, size)
          socket.emit('data', socket.lendsBuffer ? chunk : Buffer.from(chunk))
          return true
        },
      },
    } as ConstructorParameters<typeof Socket>[0]),
    { lendsBuffer: false },
  )
  return socket
}
