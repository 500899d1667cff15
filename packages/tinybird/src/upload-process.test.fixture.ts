import { createTinybirdClient } from './client.ts'

/** Uploads a file, or a stream of so many bytes, in a process of its own, and prints the most memory it took. */
const [endpoint = '', what = '', size = ''] = process.argv.slice(2)
const client = createTinybirdClient({ token: 'p.upload', endpoint })
const options = { format: 'csv' } as const

/** One buffer for all of it, so that what is measured is the client's. */
async function* generated(bytes: number) {
  const chunk = Buffer.alloc(1_000_000, 'a')
  for (let sent = 0; sent < bytes; sent += chunk.byteLength) yield chunk
}

if (what === 'stream') await client.appendStream('flights', () => generated(Number(size)), options)
else await client.appendFile('flights', what, options)
process.stdout.write(String(process.resourceUsage().maxRSS * 1024))
