import { describe, expect, it } from 'vitest'
import { addressOf, filterOf, logAddress, queryOf } from './address/log-address.ts'
import { ansiParts, withoutAnsi } from './ansi.ts'
import { clockText } from './clock-text.ts'
import { entryText, levels, markOfLine, sources } from './log-entry.ts'
import { createLogSearch, highlighted, matchBeside, queryPattern } from './log-search.ts'
import { createLogStore } from './log-store.ts'
import { rowHeightPx, scrollScale } from './scroll-scale.ts'

const encoder = new TextEncoder()

function line(number: number, { level = 'info', source = 'log' } = {}): string {
  return `${JSON.stringify({ at: 1_700_000_000_000 + number, level, source, text: `line ${number} ä` })}\n`
}

function logOf(lines: number): Uint8Array {
  const kinds = ['info', 'warn', 'error', 'debug']
  return encoder.encode(Array.from({ length: lines }, (_, at) => line(at, { level: kinds[at % 4] as string })).join(''))
}

/** A store that is given the log in parts cut anywhere, and can read it again. */
function storeOf(log: Uint8Array, { keepBytes = 1 << 30, chunkBytes = 1000, partBytes = 777 } = {}) {
  const readAgain: [number, number][] = []
  const store = createLogStore({
    ...{ keepBytes, chunkBytes },
    readAgain: async (offset, length) => {
      readAgain.push([offset, length])
      return log.slice(offset, offset + length)
    },
  })
  for (let at = 0; at < log.length; at += partBytes) store.append(log.subarray(at, at + partBytes))
  return { store, readAgain }
}

describe('the lines of a log', () => {
  it('are found in parts that are cut anywhere, also in the middle of a character', async () => {
    for (const partBytes of [1, 3, 64, 5000]) {
      const { store } = storeOf(logOf(200), { partBytes })
      expect(store.rows).toBe(200)
      const rows = await store.read(0, 200)
      expect(rows.map(({ entry }) => entry.text)).toEqual(Array.from({ length: 200 }, (_, at) => `line ${at} ä`))
    }
  })

  it('count without the last line break only once the log is over', async () => {
    const { store } = storeOf(encoder.encode(`${line(0)}${line(1).trimEnd()}`))
    expect(store.rows).toBe(1)
    store.finish()
    expect((await store.read(1, 2))[0]?.entry.text).toBe('line 1 ä')
  })

  it('are shown as they stand where they are no entries', async () => {
    const { store } = storeOf(encoder.encode('not json\n{"a":1}\n\n[1]\n'))
    expect((await store.read(0, 9)).map(({ entry }) => entry.text)).toEqual(['not json', '{"a":1}', '', '[1]'])
  })

  it('pass a filter by level and source, those that come later too', async () => {
    const { store } = storeOf(logOf(100))
    store.filter({ levels: ['error'], sources })
    expect(store.rows).toBe(25)
    expect((await store.read(3, 5)).map((row) => row.line)).toEqual([14, 18])
    expect(store.rowOfLine(14)).toBe(3)
    expect(store.rowOfLine(15)).toBe(4)
    store.append(encoder.encode(line(100, { level: 'error', source: 'stderr' })))
    expect(store.rows).toBe(26)
    store.filter({ levels, sources: ['stderr'] })
    expect((await store.read(0, 9)).map((row) => row.line)).toEqual([100])
  })

  it('are read again where more was written than is kept', async () => {
    const log = logOf(2000)
    const { store, readAgain } = storeOf(log, { keepBytes: 10_000 })
    const held = () => store.index.chunks.reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0)
    expect(store.isKeptWhole).toBe(false)
    expect(held()).toBeLessThan(12_000)
    for (const at of [0, 1000, 1999, 500]) {
      expect((await store.read(at, at + 1))[0]?.entry.text).toBe(`line ${at} ä`)
      expect(held()).toBeLessThan(12_000)
    }
    expect(readAgain.length).toBeGreaterThan(0)
  })

  it('tell their level in whichever order their fields stand', () => {
    const mark = markOfLine(encoder.encode('{"level":"warn","text":"x","source":"engine","at":1}'))
    expect(mark).toBe(markOfLine(encoder.encode('{"at":1,"level":"warn","source":"engine","text":"x"}')))
  })

  it('are found by text and by regular expression, among those that pass the filter', async () => {
    const { store } = storeOf(logOf(300))
    const found = async (query: Parameters<typeof queryPattern>[0]) => {
      const search = createLogSearch(store, queryPattern(query))
      await search.run(
        () => false,
        () => undefined,
      )
      return search.matches
    }
    expect(await found({ text: 'LINE 12 ', isRegex: false, isCaseSensitive: false })).toEqual([12])
    expect(await found({ text: 'LINE 12 ', isRegex: false, isCaseSensitive: true })).toEqual([])
    expect(await found({ text: '^line 2[01]\\b', isRegex: true, isCaseSensitive: false })).toEqual([20, 21])
    expect(await found({ text: '(.*', isRegex: false, isCaseSensitive: false })).toEqual([])
    store.filter({ levels: ['info'], sources })
    expect(await found({ text: '^line 2[01]\\b', isRegex: true, isCaseSensitive: false })).toEqual([20])
    expect(() => queryPattern({ text: '(', isRegex: true, isCaseSensitive: false })).toThrow(SyntaxError)
  })

  it('may be a million', async () => {
    const part = logOf(10_000)
    const store = createLogStore({ readAgain: async () => new Uint8Array() })
    for (let at = 0; at < 100; at++) store.append(part)
    expect(store.rows).toBe(1_000_000)
    expect((await store.read(999_999, 1_000_000))[0]?.entry.text).toBe('line 9999 ä')
  })
})

it('goes from match to match, and around at the ends', () => {
  expect(matchBeside([3, 7, 9], 3, 'next')).toBe(1)
  expect(matchBeside([3, 7, 9], 9, 'next')).toBe(0)
  expect(matchBeside([3, 7, 9], 3, 'previous')).toBe(2)
  expect(matchBeside([3, 7, 9], 8, 'previous')).toBe(1)
  expect(matchBeside([], 8, 'next')).toBe(-1)
})

it('cuts a text where it matches, without going on for ever at empty matches', () => {
  const pattern = queryPattern({ text: 'b|x*', isRegex: true, isCaseSensitive: false })
  expect(highlighted('abc', pattern)).toEqual([
    { text: 'a', isMatch: false },
    { text: 'b', isMatch: true },
    { text: 'c', isMatch: false },
  ])
})

describe('the address of a log', () => {
  it('says what is sought and shown, and nothing of what is usual', () => {
    const query = { text: 'a+', isRegex: true, isCaseSensitive: false }
    const filter = { levels: ['warn'], sources } as const
    const address = addressOf(query, filter)
    expect(address).toEqual({ find: 'a+', regex: true, levels: ['warn'] })
    expect(queryOf(address)).toEqual(query)
    expect(filterOf(address)).toEqual(filter)
    expect(addressOf({ ...query, text: '' }, { levels, sources })).toEqual({})
  })

  it('leaves rubbish out', () => {
    expect(logAddress({ find: 42, regex: 'yes', case: {}, levels: ['loud', 'error'], sources: 7 })).toEqual({
      find: '42',
      levels: ['error'],
    })
  })
})

describe('the scroll bar', () => {
  it('stands for pixels as long as an element can be that tall', () => {
    const scale = scrollScale(1000, 400)
    expect(scale.isScaled).toBe(false)
    expect(scale.heightPx).toBe(1000 * rowHeightPx)
    expect(scale.positionAt(200)).toBeCloseTo(10)
    expect(scale.scrollTopAt(10)).toBeCloseTo(200)
    expect(scale.lastPosition).toBe(980)
  })

  it('reaches every row of ten million, the first and the last ones exactly', () => {
    const scale = scrollScale(10_000_000, 400)
    expect(scale.isScaled).toBe(true)
    expect(scale.heightPx).toBeLessThanOrEqual(8_000_000)
    expect(scale.positionAt(0)).toBe(0)
    expect(scale.positionAt(scale.heightPx - 400)).toBe(10_000_000 - 20)
    expect(scale.positionAt(scale.scrollTopAt(1_234_567))).toBeCloseTo(1_234_567, 3)
  })

  it('stays still when everything fits', () => {
    const scale = scrollScale(3, 400)
    expect([scale.heightPx, scale.lastPosition, scale.positionAt(50), scale.scrollTopAt(2)]).toEqual([400, 0, 0, 0])
  })
})

it('understands the colors of terminals and leaves their other sequences out', () => {
  const text = '\u001b[1;31mbad\u001b[0m and \u001b[38;5;2mgood\u001b[38;2;1;2;3m!\u001b[K\u001b]0;title\u0007'
  expect(ansiParts(text)).toEqual([
    { text: 'bad', color: 1, isBold: true },
    { text: ' and ' },
    { text: 'good', color: 2 },
    { text: '!', color: 2 },
  ])
  expect(withoutAnsi(text)).toBe('bad and good!')
  expect(ansiParts('<b>plain</b>')).toEqual([{ text: '<b>plain</b>' }])
})

it('says when in UTC where that is wanted', () => {
  expect(clockText(Date.UTC(2026, 0, 2, 3, 4, 5, 6), true)).toBe('03:04:05.006')
})

it('searches in fields as well', () => {
  expect(entryText({ at: 1, level: 'info', source: 'log', text: 'done', fields: { rows: 3 } })).toBe('done {"rows":3}')
})
