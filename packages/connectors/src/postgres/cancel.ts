import { connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { PgClient } from './connect.ts'
import { tlsAttempts } from './tls.ts'

/**
 * Sends a CancelRequest on a connection of its own, with TLS when the session has it. Never throws:
 * when the request cannot be made, the end of the session stops the work.
 */
export async function cancelRequest(client: PgClient, config: ConfigValues): Promise<void> {
  const { processID, secretKey } = client
  const key = Buffer.isBuffer(secretKey) ? secretKey : Buffer.alloc(4)
  if (typeof secretKey === 'number') key.writeInt32BE(secretKey | 0)
  const message = Buffer.alloc(12)
  message.writeInt32BE(12 + key.length, 0)
  message.writeInt32BE(80877102, 4)
  message.writeInt32BE(processID, 8)
  try {
    const socket = await open(config, 'encrypted' in client.connection.stream)
    socket.end(Buffer.concat([message, key]))
    // The server closes the connection once it has passed the signal on.
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve())
      socket.once('error', () => resolve())
      socket.resume()
    })
  } catch {
    client.connection.stream.destroy()
  }
}

async function open(config: ConfigValues, encrypted: boolean): Promise<Socket | TLSSocket> {
  const host = String(config.host ?? 'localhost')
  const port = Number(config.port ?? 5432)
  const socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host)
  socket.setTimeout(10_000, () => socket.destroy(new Error('timeout')))
  await event(socket, 'connect')
  if (!encrypted) return socket
  const request = Buffer.alloc(8)
  request.writeInt32BE(8, 0)
  request.writeInt32BE(80877103, 4)
  socket.write(request)
  await event(socket, 'data')
  const options = tlsAttempts(config).find((attempt) => attempt !== false) || {}
  const secure = connectTls({ ...options, socket, host })
  await event(secure, 'secureConnect')
  return secure
}

function event(socket: Socket, name: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    socket.once(name, resolve)
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('closed')))
  })
}
