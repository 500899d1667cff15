import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder that goes when the work is done, whatever became of it. */
export async function withTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await newTemporaryFolder()
  try {
    return await work(folder)
  } finally {
    await removeFolder(folder)
  }
}

export async function newTemporaryFolder(): Promise<string> {
  return await mkdtemp(join(tmpdir(), 'millrace-dataset-'))
}

/** A process that was killed may still be writing there. */
export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
}
