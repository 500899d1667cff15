import { execFile } from 'node:child_process'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'

const uploader = fileURLToPath(new URL('./upload-process.test.fixture.ts', import.meta.url))
const small = 2_000_000
const large = 300_000_000

let received = 0
const server = createServer((request, response) => {
  received = 0
  request.on('data', (chunk) => (received += chunk.byteLength))
  request.on('end', () => response.end('{"successful_rows":1}'))
})
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-upload-'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeAllConnections()
  await closed
  await rm(folder, { recursive: true, force: true })
})

it('takes no more memory for a large stream or file than for a small one', async () => {
  const base = await peakOf('stream', small)
  const stream = await peakOf('stream', large)
  expect(received).toBeGreaterThan(large)
  const file = await peakOf(await sparseFile(large))
  expect(received).toBeGreaterThan(large)
  expect(stream - base).toBeLessThan(32e6)
  expect(file - base).toBeLessThan(32e6)
})

async function peakOf(what: string, bytes = 0): Promise<number> {
  const { port } = server.address() as AddressInfo
  const args = ['--conditions=@millrace/source', uploader, `http://127.0.0.1:${port}`, what, String(bytes)]
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { ...process.env, NODE_OPTIONS: '' } })
  return Number(stdout)
}

async function sparseFile(bytes: number): Promise<string> {
  const path = join(folder, 'large.csv')
  await using file = await open(path, 'w')
  await file.truncate(bytes)
  return path
}
