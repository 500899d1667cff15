import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/*
 * What a load in a local folder remembers: lines of JSON in one file. A line counts when it is whole. A crash or a full
 * disk may leave a part of the last one, so each begins with a line break of its own.
 */
const fileName = 'journal.ndjson'

export const journalPath = (folder: string): string => join(folder, fileName)

/** Returns when the line is on the disk. */
export async function appendJournal(folder: string, line: object): Promise<void> {
  const file = await open(journalPath(folder), 'a', 0o600)
  try {
    await file.writeFile(`\n${JSON.stringify(line)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** All whole lines; none when there is no journal. */
export async function readJournalLines<Line>(folder: string): Promise<readonly Line[]> {
  const text = await readFile(journalPath(folder), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return text.split('\n').flatMap((line) => parseLine<Line>(line))
}

/** A torn line is passed over, like an empty one: it was never acknowledged. */
function parseLine<Line>(text: string): Line[] {
  try {
    return [JSON.parse(text) as Line]
  } catch {
    return []
  }
}
