import { ApiError, createClient } from '@millrace/client'
import { withoutAnsi } from './ansi.ts'
import { entryText, parseLine } from './log-entry.ts'
import { bytesOfLine } from './log-index.ts'
import type { FromLogWorker, LogStatus, ToLogWorker } from './log-messages.ts'
import { createLogSearch, type LogQuery, type LogSearch, matchBeside, queryPattern } from './log-search.ts'
import { createLogStore } from './log-store.ts'

/** The first part is small, so that there is something to read at once. */
const firstPartBytes = 256 << 10
const partBytes = 8 << 20

const client = createClient({ url: location.origin })
let address = ''
const store = createLogStore({ readAgain })
let isReading = false
let isAskedAgain = false
let isComplete = false
let problem: LogStatus['problem'] = null
let query: LogQuery | null = null
let search: LogSearch | null = null
let searches = 0

function tell(message: FromLogWorker): void {
  postMessage(message)
}

function tellStatus(): void {
  const { index, rows, isKeptWhole } = store
  const { lines, bytes } = index
  tell({ kind: 'status', status: { lines, rows, bytes, isReading, isComplete, isKeptWhole, problem } })
}

async function readPart(offset: number, limit: number): Promise<Response> {
  return await client.stream(`${address}&offset=${offset}&limit=${limit}`)
}

async function readAgain(offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  for (let taken = 0; taken < length; ) {
    const response = await readPart(offset + taken, Math.min(partBytes, length - taken))
    const part = new Uint8Array(await response.arrayBuffer())
    if (part.length === 0) throw new Error('The log on the server is shorter than it was.')
    bytes.set(part, taken)
    taken += part.length
  }
  return bytes
}

/** Reads on to where the log ends now. */
async function readOn(): Promise<void> {
  isAskedAgain = true
  if (isReading) return
  isReading = true
  tellStatus()
  try {
    while (isAskedAgain && !isComplete) {
      isAskedAgain = false
      for (let isMore = true; isMore; ) {
        const from = store.index.bytes
        const response = await readPart(from, from === 0 ? firstPartBytes : partBytes)
        const isLast = response.headers.get('log-complete') === 'true'
        const part = new Uint8Array(await response.arrayBuffer())
        store.append(part)
        if (isLast) store.finish()
        isComplete = isLast
        isMore = part.length > 0 && !isLast
        problem = null
        if (part.length > 0 || isLast) tellStatus()
      }
    }
  } catch (error) {
    const isMissing = error instanceof ApiError && error.status === 404
    problem = { message: error instanceof Error ? error.message : String(error), isMissing }
  }
  isReading = false
  tellStatus()
  await searchOn()
}

/** Looks at the lines that came since it looked last. */
async function searchOn(): Promise<void> {
  const own = search
  if (own === null) return
  const round = ++searches
  const tellFound = (isDone: boolean) => {
    if (search === own) tell({ kind: 'search', status: { matches: own.matches.length, isDone, problem: null } })
  }
  try {
    const isDone = await own.run(
      () => round !== searches,
      () => tellFound(false),
    )
    if (isDone) tellFound(true)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    tell({ kind: 'search', status: { matches: own.matches.length, isDone: true, problem: message } })
  }
}

function startSearch(): void {
  searches += 1
  search = null
  if (query === null) return
  try {
    search = createLogSearch(store, queryPattern(query))
    void searchOn()
  } catch {
    const text = `"${query.text}" is no regular expression.`
    tell({ kind: 'search', status: { matches: 0, isDone: true, problem: text } })
  }
}

/** Lines that pass the filter as text, the first of them up to a limit. */
async function text(limit: number | null): Promise<Blob> {
  const parts: string[] = []
  const last = limit === null ? store.rows : Math.min(limit, store.rows)
  let row = 0
  for (const chunk of store.index.chunks) {
    const end = chunk.firstLine + chunk.marks.length
    if (row >= last) break
    if (store.lineOfRow(row) >= end) continue
    const bytes = await store.bytesOf(chunk)
    for (; row < last && store.lineOfRow(row) < end; row++) {
      const entry = parseLine(bytesOfLine(chunk, bytes, store.lineOfRow(row)))
      const at = entry.at === 0 ? '' : `${new Date(entry.at).toISOString()} `
      parts.push(`${at}${entry.level.padEnd(5)} ${entry.source.padEnd(6)} ${withoutAnsi(entryText(entry))}\n`)
    }
  }
  return new Blob(parts, { type: 'text/plain;charset=utf-8' })
}

async function answer(message: ToLogWorker): Promise<void> {
  switch (message.kind) {
    case 'open':
      address = `/api/task-runs/${message.taskRun}/log?attempt=${message.attempt}`
      return await readOn()
    case 'grown':
      return await readOn()
    case 'filter':
      store.filter(message.filter)
      tellStatus()
      return startSearch()
    case 'search':
      query = message.query
      return startSearch()
    case 'rows': {
      const rows = await store.read(message.from, message.to)
      return tell({ kind: 'rows', from: message.from, rows, version: message.version })
    }
    case 'row-of':
      return tell({ kind: 'answer', id: message.id, value: store.rowOfLine(message.line) })
    case 'match': {
      const matches = search?.matches ?? []
      const at = matchBeside(matches, message.line, message.direction)
      return tell({ kind: 'answer', id: message.id, value: at < 0 ? null : { at, line: matches[at] } })
    }
    case 'text':
      return tell({ kind: 'answer', id: message.id, value: await text(message.limit) })
  }
}

addEventListener('message', ({ data }: MessageEvent<ToLogWorker>) => {
  answer(data).catch((error: unknown) => {
    problem = { message: error instanceof Error ? error.message : String(error), isMissing: false }
    tellStatus()
    if ('id' in data) tell({ kind: 'answer', id: data.id, value: null })
  })
})
