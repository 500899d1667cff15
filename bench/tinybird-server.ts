/** A local Tinybird as a process of its own, so that its work is not counted as the client's. Ends with its standard input. */
import { startTinybirdLocal } from '@millrace/tinybird-local'

const server = await startTinybirdLocal({})
console.log(JSON.stringify({ url: server.url, token: server.token }))
process.stdin.resume().once('end', async () => {
  await server[Symbol.asyncDispose]()
  process.exit(0)
})
