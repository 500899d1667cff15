import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Who has a data directory open. ClickHouse's own lock decides; this file only names its holder. */
export interface Owner {
  readonly pid: number
  readonly since: string
  readonly alive: boolean
}

const fileName = 'owner.json'

export async function writeOwner(directory: string, enginePid: number): Promise<void> {
  const owner = { pid: process.pid, enginePid, since: new Date().toISOString() }
  await writeFile(join(directory, fileName), `${JSON.stringify(owner)}\n`)
}

export async function ownerOf(directory: string): Promise<Owner | null> {
  try {
    const { pid, since } = JSON.parse(await readFile(join(directory, fileName), 'utf8')) as Owner
    return { pid, since, alive: isAlive(pid) }
  } catch {
    return null
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
