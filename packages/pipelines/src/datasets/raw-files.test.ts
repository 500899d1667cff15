import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { expect, test } from 'vitest'
import {
  createContract,
  downloadRawFile,
  latestRawFileName,
  listRawFiles,
  publishRawFile,
  type RawPlace,
  rawFile,
} from '../index.ts'
import { useDatasets } from './dataset.test.fixture.ts'

const dataset = useDatasets()

function raw(brand: string, state = 'raw'): RawPlace {
  const { store, prefix } = dataset('none')
  return { store, prefix, contract: createContract({ environment: 'dev', branch: 'b', client: 'acme', brand, state }) }
}

const put = (place: RawPlace, name: string, text: string, modifiedAt: string) =>
  publishRawFile(place, name, [Buffer.from(text)], { modifiedAt: new Date(modifiedAt) })

test('files keep the time at which their source changed them, and the latest is by that time', async () => {
  const place = raw('times')
  expect(await latestRawFileName(place)).toBeNull()
  await put(place, 'b.csv', 'new', '2024-03-01T00:00:00Z')
  await put(place, 'a.csv', 'older', '2024-01-01T00:00:00Z')
  await put(place, 'c d.csv', 'oldest', '2023-01-01T00:00:00Z')
  expect(await latestRawFileName(place)).toBe('b.csv')
  expect(await listRawFiles(place)).toEqual([
    { name: 'a.csv', size: 5, modifiedAt: new Date('2024-01-01T00:00:00Z') },
    { name: 'b.csv', size: 3, modifiedAt: new Date('2024-03-01T00:00:00Z') },
    { name: 'c d.csv', size: 6, modifiedAt: new Date('2023-01-01T00:00:00Z') },
  ])
  let path = ''
  {
    await using file = await downloadRawFile(place, 'b.csv')
    path = file.path
    expect(await readFile(path, 'utf8')).toBe('new')
    expect((await stat(path)).mtime).toEqual(new Date('2024-03-01T00:00:00Z'))
  }
  expect(existsSync(path)).toBe(false)
})

test('a content that came without its note has the time of the store', async () => {
  const place = raw('cut-off')
  await put(place, 'a.csv', 'one', '2020-01-01T00:00:00Z')
  await place.store.write(`${place.contract.key}a.csv`, [Buffer.from('another')])
  expect((await rawFile(place, 'a.csv')).modifiedAt?.getUTCFullYear()).toBeGreaterThan(2020)
})

test('what cannot be is refused by name', async () => {
  const place = raw('refused')
  await expect(rawFile(place, 'none.csv')).rejects.toMatchObject({ code: 'RAW_FILE_NOT_FOUND' })
  await expect(put(raw('refused', 'ingest'), 'a.csv', '', '2024-01-01')).rejects.toMatchObject({
    code: 'STATE_NOT_RAW',
  })
  for (const name of ['', 'a/b', '../a', '..', '_notes', 'a\0b']) {
    await expect(put(place, name, '', '2024-01-01')).rejects.toMatchObject({ code: 'FILE_NAME_INVALID' })
  }
})
