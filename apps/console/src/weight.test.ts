import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const site = resolve(process.env.MILLRACE_CONSOLE_DIR ?? fileURLToPath(new URL('../dist/site', import.meta.url)))
const mostBytes = 250_000

interface Chunk {
  readonly file: string
  readonly imports?: readonly string[]
}

/** Names in the manifest of all that comes with an entry, itself included. */
function loadedBy(entry: string, chunks: Readonly<Record<string, Chunk>>, found = new Set<string>()): Set<string> {
  if (found.has(entry)) return found
  found.add(entry)
  for (const imported of chunks[entry]?.imports ?? []) loadedBy(imported, chunks, found)
  return found
}

test('the first page takes less than 250 kB of compressed JavaScript, without what is heavy', async ({ skip }) => {
  const path = join(site, '.vite', 'manifest.json')
  if (!existsSync(path)) skip('The console is not built. script/build-console builds it.')
  const chunks: Readonly<Record<string, Chunk>> = JSON.parse(await readFile(path, 'utf8'))
  const entries = ['index.html', 'src/home/home-page.tsx']
  for (const entry of entries) expect(Object.keys(chunks)).toContain(entry)
  const files = [...new Set(entries.flatMap((entry) => [...loadedBy(entry, chunks)]))].map(
    (name) => chunks[name]?.file ?? '',
  )
  const folder = dirname(dirname(path))
  // What a browser gets that takes nothing better than gzip; Brotli is about a tenth less.
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, `${file}.gz`))).size))
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  console.log(`The first page loads ${bytes.toLocaleString('en')} bytes of JavaScript, compressed by gzip.`)
  expect(bytes).toBeLessThan(mostBytes)
  expect(files.filter((file) => /elk|xyflow|rjsf|uplot|markdown|dnd|spotlight|palette/i.test(file))).toEqual([])
})
