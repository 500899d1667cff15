import { open } from 'node:fs/promises'
import type { Replayable } from '@millrace/tinybird'

/** The rows of a load on their way: finished chunks in the order they came, and the end when it is said. */
export interface Feed {
  readonly content: Replayable
  add(path: string): void
  /** No more chunks: an upload that reads the feed comes to its end. */
  close(): void
}

const blockBytes = 256 * 1024

/** Each reader begins at the first chunk and waits for the next one. */
export function createFeed(paths: readonly string[] = []): Feed {
  const files = [...paths]
  let closed = false
  let changed = Promise.withResolvers<void>()
  const tell = () => {
    changed.resolve()
    changed = Promise.withResolvers()
  }
  return {
    async *content() {
      for (let index = 0; ; index++) {
        while (index >= files.length && !closed) await changed.promise
        if (index >= files.length) return
        yield* readBlocks(files[index] as string)
      }
    },
    add(path) {
      files.push(path)
      tell()
    },
    close() {
      closed = true
      tell()
    },
  }
}

export async function* readBlocks(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, 'r')
  try {
    for (;;) {
      // A new one each time: whoever sends it may hold on to the former.
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(blockBytes), 0, blockBytes)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}
