import { createServer } from 'node:net'

/** A port that was free a moment ago. Somebody may take it before it is used: callers try again. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('The system handed out no port.')
  return address.port
}
