import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { decompress } from '@millrace/formats'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { csvPieces, hashOf, people } from '../kit/sink-rows.contract.ts'
import { chunkRows, loadSpec, runLoad } from './interrupted-load.contract.ts'
import { createFilesSink } from './sink.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Runs the load in a process of its own and kills it at its n-th step; returns the steps it told. */
async function killedAt(step: number, path: string, chunks: number, compression: string): Promise<number> {
  const script = join(import.meta.dirname, 'interrupted-load.contract.ts')
  const child = spawn(process.execPath, ['--conditions=@millrace/source', script, path, String(chunks), compression], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  let steps = 0
  for await (const _ of createInterface(child.stdout)) if (++steps >= step) child.kill('SIGKILL')
  await exited
  return steps
}

const chunks = 6
const expected = hashOf(Array.from({ length: chunks }, (_, chunk) => chunkRows(chunk)).flat())

// Steps are told by the child, so every run is cut at other bytes: within pieces, chunks and the publish.
test.each([1, 2, 5, 13, 24, 37, 49, 58, 66, 67, 68, 69])(
  'a load that is killed at step %i is resumed with exactly its rows',
  async (step) => {
    const compression = step % 2 === 0 ? 'zstd' : 'none'
    const path = join(folder, 'people.csv')
    await writeFile(path, 'id,name,note\n-1,old,\n')
    await killedAt(step, path, chunks, compression)
    const between = await readFile(path)
    const old = between.toString() === 'id,name,note\n-1,old,\n'
    // A second crash, during the resumption.
    if (old) await killedAt(Math.max(2, Math.floor(step / 2)), path, chunks, compression)
    await runLoad(path, chunks, compression, () => {})

    const { target } = loadSpec(path, chunks, compression)
    expect(await createFilesSink().contentHash(target, people)).toEqual(expected)
    let text = ''
    for await (const bytes of decompress(createReadStream(path), compression)) text += Buffer.from(bytes).toString()
    expect(text.startsWith('id,name,note\n"0",')).toBe(true)
    expect(await readdir(folder)).toEqual(['people.csv'])
  },
  30_000,
)

test('lanes of a resumed load never meet in one file', async () => {
  const path = join(folder, 'people.csv')
  const spec = loadSpec(path, 4, 'none')
  const [first, second, third, fourth] = spec.journal.chunks
  if (!first || !second || !third || !fourth) throw new Error('no chunks')
  const sink = createFilesSink()
  {
    await using load = await sink.openLoad(spec, null)
    // The chunk in the first lane is cut off, the one in the second lane is finished.
    const { promise: finished, resolve } = Promise.withResolvers<void>()
    async function* cutOff() {
      yield* csvPieces(chunkRows(0).slice(0, 4), 4)
      await finished
      throw new Error('cut off')
    }
    const failing = load.writeChunk(first, cutOff(), () => [])
    await load.writeChunk(second, csvPieces(chunkRows(1), 4), () => [])
    resolve()
    await expect(failing).rejects.toThrow('cut off')
  }
  await using load = await sink.openLoad(spec, await sink.interrupted(spec.key, spec.target))
  await Promise.all(
    [first, third, fourth].map((chunk) => load.writeChunk(chunk, csvPieces(chunkRows(Number(chunk.id)), 4), () => [])),
  )
  expect(await load.stagedHash(people)).toEqual(hashOf([0, 1, 2, 3].flatMap(chunkRows)))
})
