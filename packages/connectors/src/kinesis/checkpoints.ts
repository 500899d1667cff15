import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError } from '@millrace/core'
import { lockTarget } from '../kit/lock-target.ts'

/** Where a group stands in a stream. */
export interface Checkpoint {
  /** Where shards without a place begin: `earliest`, or a time in ISO 8601 for groups that began with what was new. */
  readonly from: string
  /** By shard: the sequence number of the last record that is done; null once all of a closed shard is. */
  readonly shards: Readonly<Record<string, string | null>>
}

export interface Checkpoints extends AsyncDisposable {
  /** What was saved last, or what the group begins with, which is saved by then. */
  readonly first: Checkpoint
  save(checkpoint: Checkpoint): Promise<void>
}

/**
 * One file for a stream and a group, which is this consumer's alone until it is disposed.
 *
 * @throws ConfigError when another process reads the stream for this group
 */
export async function openCheckpoints(
  directory: string,
  { identity, from }: { readonly identity: string; readonly from: string },
): Promise<Checkpoints> {
  const folder = join(directory, 'kinesis')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${createHash('sha256').update(identity).digest('hex').slice(0, 24)}.json`)
  const release = await lockTarget(`${path}.lock`, identity)
  const save = (checkpoint: Checkpoint) => write(path, folder, { identity, ...checkpoint })
  try {
    const found = await read(path)
    const first = found ?? { from, shards: {} }
    if (found === null) await save(first)
    return { first, save, [Symbol.asyncDispose]: release }
  } catch (error) {
    await release()
    throw error
  }
}

async function read(path: string): Promise<Checkpoint | null> {
  try {
    const { from, shards } = JSON.parse(await readFile(path, 'utf8')) as Checkpoint
    if (typeof from === 'string' && typeof shards === 'object' && shards !== null) return { from, shards }
    throw new SyntaxError('Its content is not what was written.')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new ConfigError('CHECKPOINT_NOT_READABLE', {
      message: `The file ${path}, which says how far the stream was read, cannot be read: ${(error as Error).message} Restore it, or remove it to begin anew.`,
      details: { path },
    })
  }
}

/** Durable and whole: written aside, flushed and renamed. */
async function write(path: string, folder: string, content: object): Promise<void> {
  const aside = `${path}.new`
  try {
    {
      await using file = await open(aside, 'w', 0o600)
      await file.writeFile(JSON.stringify(content))
      await file.sync()
    }
    await rename(aside, path)
    await using parent = await open(folder, 'r')
    await parent.sync()
  } catch (cause) {
    throw new ConfigError('CHECKPOINT_NOT_WRITABLE', {
      message: `The file ${path}, which says how far the stream was read, cannot be written: ${(cause as Error).message}. Check the folder and the space on its disk; what was read since the last time comes again.`,
      details: { path },
      cause,
    })
  }
}
