import { randomBytes } from 'node:crypto'
import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { type Compression, compress, createCompressor, decompress } from '../index.ts'
import { chunksOf } from '../text-block.test.fixture.ts'

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const bytes of stream) parts.push(Buffer.from(bytes))
  return Buffer.concat(parts)
}

const data = Buffer.concat([
  Buffer.alloc(2_500_000, 'some, text, again'),
  randomBytes(1_700_000),
  Buffer.alloc(900_000),
])

describe.each<Compression>(['gzip', 'zstd', 'none'])('%s', (kind) => {
  test('comes back whatever the chunks', async () => {
    for (const size of [10_007, 1 << 20, 9_000_000]) {
      const compressed = await collect(compress(chunksOf(data, size), kind))
      if (kind !== 'none') expect(compressed.length).toBeLessThan(2_000_000)
      expect((await collect(decompress(chunksOf(compressed, size), kind))).equals(data)).toBe(true)
    }
    const nothing = await collect(compress(chunksOf(''), kind))
    expect(nothing.length > 0).toBe(kind !== 'none')
    expect((await collect(decompress(chunksOf(nothing), kind))).length).toBe(0)
    expect((await collect(decompress(chunksOf(''), kind))).length).toBe(0)
  })

  test('makes files that can be joined', async () => {
    const compressor = createCompressor(kind)
    const parts: Uint8Array[] = []
    for (const part of ['a', 'bc', '']) {
      parts.push(...(await compressor.write(Buffer.from(part))), ...(await compressor.end()))
    }
    expect((await collect(decompress(chunksOf(Buffer.concat(parts)), kind))).toString()).toBe('abc')
  })

  test('stops reading when the reader does', async () => {
    let closed = false
    async function* source() {
      try {
        yield await collect(compress(chunksOf(data), kind))
        yield* []
      } finally {
        closed = true
      }
    }
    for await (const _ of decompress(source(), kind)) break
    expect(closed).toBe(true)
  })

  test('hands on the error of its source', async () => {
    async function* failing() {
      yield (await collect(compress(chunksOf('abc'), kind))).subarray(0, 12)
      throw new Error('gone')
    }
    await expect(collect(decompress(failing(), kind))).rejects.toThrow('gone')
  })
})

test('other tools read what is written', async () => {
  expect(gunzipSync(await collect(compress(chunksOf('abc'), 'gzip'))).toString()).toBe('abc')
  expect(zstdDecompressSync(await collect(compress(chunksOf('abc'), 'zstd'))).toString()).toBe('abc')
})

test.each([
  ['one frame of unknown size', () => zstdCompressSync(data)],
  ['frames with checksums', () => checked(data)],
  ['a skippable frame between frames', () => Buffer.concat([checked(data), skippable, checked(Buffer.alloc(0))])],
  ['nothing but a skippable frame', () => skippable],
])('reads %s at every size of chunk', async (_, file) => {
  const bytes = file()
  const expected = bytes === skippable ? Buffer.alloc(0) : data
  for (const size of [1009, 65_536]) {
    expect((await collect(decompress(chunksOf(bytes, size), 'zstd'))).equals(expected)).toBe(true)
  }
})

const skippable = Buffer.concat([Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 5, 0, 0, 0]), Buffer.from('hello')])
const checked = (bytes: Buffer) => zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } })

test.each<[Compression, string, Buffer]>([
  ['gzip', 'cut off', gzipSync(data).subarray(0, -10)],
  ['gzip', 'something else', Buffer.from('a,b,c\n')],
  ['zstd', 'cut off', zstdCompressSync(data).subarray(0, -10)],
  ['zstd', 'cut off within a magic number', zstdCompressSync(data).subarray(0, 3)],
  ['zstd', 'something else', Buffer.from('a,b,c\n')],
  ['zstd', 'followed by something else', Buffer.concat([zstdCompressSync(data), Buffer.from('a,b,c\n')])],
  ['zstd', 'changed', Buffer.from(checked(data).map((byte, index) => (index === 100 ? byte ^ 1 : byte)))],
])('refuses a %s file that is %s', async (kind, _, bytes) => {
  await expect(collect(decompress(chunksOf(bytes), kind))).rejects.toMatchObject({ code: 'COMPRESSED_FILE_DAMAGED' })
})
