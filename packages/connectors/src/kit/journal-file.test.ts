import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { appendJournal, readJournalLines } from './journal-file.ts'

test('a journal has its whole lines, also those after a torn one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-test-'))
  try {
    expect(await readJournalLines(folder)).toEqual([])
    await appendJournal(folder, { n: 1, text: 'two\nlines' })
    const [name = ''] = await readdir(folder)
    await appendFile(join(folder, name), '\n{"n":2,"tex')
    expect(await readJournalLines(folder)).toEqual([{ n: 1, text: 'two\nlines' }])
    await appendJournal(folder, { n: 3 })
    expect(await readJournalLines(folder)).toEqual([{ n: 1, text: 'two\nlines' }, { n: 3 }])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
