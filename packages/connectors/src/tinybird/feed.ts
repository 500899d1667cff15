import { open } from 'node:fs/promises'
import type { Replayable } from '@millrace/tinybird'

/** A file of rows that is being written. */
export interface FeedFile {
  /** More bytes can be read from the file. */
  grow(bytes: number): void
  /** No more will come. */
  end(): void
}

/** The rows of a load on their way: chunks in the order they began, and the end when it is said. */
export interface Feed {
  readonly content: Replayable
  add(path: string): FeedFile
  /** No more files: an upload that reads the feed comes to its end. */
  close(): void
  /** Makes whoever reads or waits fail, so that an upload never ends as if it were whole. */
  fail(reason: Error): void
}

const blockBytes = 256 * 1024

/** Each reader begins at the first file and waits for what comes. */
export function createFeed(finished: readonly string[] = []): Feed {
  const files = finished.map((path) => ({ path, written: Number.POSITIVE_INFINITY, ended: true }))
  let closed = false
  let failed: Error | null = null
  let changed = Promise.withResolvers<void>()
  const tell = () => {
    changed.resolve()
    changed = Promise.withResolvers()
  }
  const wait = async () => {
    if (failed === null) await changed.promise
    if (failed !== null) throw failed
  }
  return {
    async *content() {
      for (let index = 0; ; index++) {
        while (index >= files.length && !closed) await wait()
        const file = files[index]
        if (file === undefined) return
        yield* readBlocks(file.path, { written: () => file.written, ended: () => file.ended, wait })
      }
    },
    add(path) {
      const file = { path, written: 0, ended: false }
      files.push(file)
      tell()
      return {
        grow(bytes) {
          file.written += bytes
          tell()
        },
        end() {
          file.ended = true
          tell()
        },
      }
    },
    close() {
      closed = true
      tell()
    },
    fail(reason) {
      failed = reason
      tell()
    },
  }
}

interface Growth {
  written(): number
  ended(): boolean
  wait(): Promise<void>
}

/** The blocks of a file; of one that grows, as far as it has come, until it ends. */
export async function* readBlocks(path: string, growth?: Growth): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r')
  try {
    for (let at = 0; ; ) {
      const size = Math.min((growth?.written() ?? Number.POSITIVE_INFINITY) - at, blockBytes)
      if (size <= 0) {
        if (growth?.ended()) return
        await growth?.wait()
        continue
      }
      // A new one each time: whoever sends it may hold on to the former.
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(size), 0, size, at)
      if (bytesRead === 0) return
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}
