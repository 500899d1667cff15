import { execFile } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'

const { O_NONBLOCK, O_RDONLY, O_WRONLY } = constants
const batchSize = 8

/** Named pipes: the engine reads and writes them as files, at its own speed and without our memory. */
export interface FifoPool {
  take(): Promise<string>
  /** Only once nobody has it open, nor is about to open it. */
  giveBack(path: string): void
}

export function createFifoPool(folder: string): FifoPool {
  const free: string[] = []
  let made = 0
  const make = async () => {
    const paths = Array.from({ length: batchSize }, () => join(folder, `pipe-${made++}`))
    await promisify(execFile)('mkfifo', ['-m', '600', ...paths])
    free.push(...paths)
  }
  return {
    async take() {
      for (;;) {
        const path = free.pop()
        if (path !== undefined) return path
        await make()
      }
    },
    giveBack: (path) => void free.push(path),
  }
}

/** Reads what the engine writes into a pipe. The stream ends once `finish` was called and all was read. */
export function readFifo(path: string): { readonly stream: Readable; finish(): void } {
  const reader = openSync(path, O_RDONLY | O_NONBLOCK)
  // Without a writer the reader would see the end before the engine has begun.
  let keeper: number | undefined = openSync(path, O_WRONLY | O_NONBLOCK)
  const stream = new Socket({ fd: reader, readable: true, writable: false })
  return {
    stream,
    finish() {
      if (keeper !== undefined) closeSync(keeper)
      keeper = undefined
    },
  }
}

/** A stream into a pipe that the engine reads; null when `settled` came before the engine opened it. */
export async function writeFifo(path: string, settled: () => boolean): Promise<Writable | null> {
  for (let ms = 1; !settled(); ms = Math.min(ms * 2, 20)) {
    try {
      return new Socket({ fd: openSync(path, O_WRONLY | O_NONBLOCK), readable: false, writable: true })
    } catch (error) {
      // There is no event for a reader's arrival.
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error
      await wait(ms)
    }
  }
  return null
}
