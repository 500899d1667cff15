import { mkdir, readdir, rename, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { lockHolder } from '../kit/lock-target.ts'
import { replaceFile, syncFolder } from './durable.ts'
import { isMissing } from './errors.ts'
import { appendLine, type Commit, type Journal, type PublishStep } from './journal.ts'
import type { Place } from './place.ts'

/**
 * Publishes: the commit line makes it certain, the steps make it visible. Whoever finds a commit
 * line without the closing one does the steps again; each of them knows whether it was done.
 */
export async function publishCommit(folder: string, commit: Commit): Promise<void> {
  await appendLine(folder, { type: 'commit', ...commit })
  await finishCommit(folder, commit)
}

export async function finishCommit(folder: string, commit: Commit): Promise<void> {
  for (const step of commit.steps) await take(step)
  const last = commit.steps.at(-1)
  if (last) await syncFolder(dirname(last.to))
  if (commit.state) await replaceFile(commit.state.path, JSON.stringify(commit.state.mark))
  await appendLine(folder, { type: 'published' })
}

async function take(step: PublishStep): Promise<void> {
  if (!(await exists(step.from))) return
  if (step.kind === 'rename') {
    await mkdir(dirname(step.to), { recursive: true })
    await rename(step.from, step.to)
    return
  }
  await syncFolder(step.from)
  if ((await exists(step.to)) && !(await exists(step.old))) await rename(step.to, step.old)
  await rename(step.from, step.to)
}

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if (isMissing(error)) return false
    throw error
  }
}

/** Brings a publish to its end that a crash cut off, unless its process lives. Returns the journal as it is then. */
export async function recovered(folder: string, place: Place, journal: Journal): Promise<Journal> {
  if (!journal.commit || journal.published || (await lockHolder(place.lock))) return journal
  await finishCommit(folder, journal.commit)
  return { ...journal, published: true }
}

/** Names of the staging folders of all loads into a place. */
export async function stagingFolders(place: Place, stagingOf: (key: string) => string): Promise<string[]> {
  const prefix = stagingOf('').slice(place.parent.length + 1)
  const names = await readdir(place.parent).catch(() => [] as string[])
  return names
    .filter(
      (name) => name.startsWith(prefix) && !name.startsWith(`${prefix}lock`) && !name.startsWith(`${prefix}state-`),
    )
    .map((name) => join(place.parent, name))
}

/** Removes the folders that were made for a target, `created` being the outermost, as far as they stayed empty. */
export async function removeEmptyFolders(created: string | null, parent: string): Promise<void> {
  if (created === null) return
  for (let path = parent; path.startsWith(created); path = dirname(path)) {
    try {
      await rmdir(path)
    } catch {
      return
    }
  }
}
