import { type LogFilter, levels, sources } from './log-entry.ts'
import type { FromLogWorker, LogStatus, SearchStatus, ToLogWorker } from './log-messages.ts'
import type { LogQuery } from './log-search.ts'
import type { LogRow } from './log-store.ts'

export interface LogState {
  readonly status: LogStatus
  readonly search: SearchStatus | null
  /** Changes whenever rows came or became others. */
  readonly revision: number
}

/** What the page has of a log: how long it is, and the rows around those that are shown. All else is in a worker. */
export interface LogClient {
  readonly getState: () => LogState
  readonly subscribe: (onChange: () => void) => () => void
  readonly row: (row: number) => LogRow | undefined
  /** Has rows read that are not there yet. */
  readonly want: (from: number, to: number) => void
  readonly grown: () => void
  readonly filter: (filter: LogFilter) => void
  readonly search: (query: LogQuery | null) => void
  readonly rowOfLine: (line: number) => Promise<number>
  readonly matchBeside: (
    line: number,
    direction: 'next' | 'previous',
  ) => Promise<{ readonly at: number; readonly line: number } | null>
  /** Lines that pass the filter as text; null when it could not be read. */
  readonly text: (limit: number | null) => Promise<Blob | null>
  readonly close: () => void
}

export const everything: LogFilter = { levels, sources }

const nothing: LogStatus = {
  ...{ lines: 0, rows: 0, bytes: 0 },
  ...{ isReading: true, isComplete: false, isKeptWhole: true, problem: null },
}
/** Rows are read in pieces of so many. */
const pieceRows = 200
const keptPieces = 12

export function openLog(taskRun: number, attempt: number): LogClient {
  const worker = new Worker(new URL('./log.worker.ts', import.meta.url), { type: 'module', name: 'log' })
  const listeners = new Set<() => void>()
  const answers = new Map<number, (value: unknown) => void>()
  let pieces = new Map<number, readonly LogRow[]>()
  let wanted = new Set<number>()
  let version = 0
  let ids = 0
  let state: LogState = { status: nothing, search: null, revision: 0 }

  const send = (message: ToLogWorker) => worker.postMessage(message)
  const change = (some: Partial<LogState>) => {
    state = { ...state, ...some, revision: state.revision + 1 }
    for (const tell of listeners) tell()
  }
  const ask = <Value>(message: (id: number) => ToLogWorker) =>
    new Promise<Value>((resolve) => {
      const id = ++ids
      answers.set(id, resolve as (value: unknown) => void)
      send(message(id))
    })
  const keep = (piece: number, rows: readonly LogRow[]) => {
    wanted.delete(piece)
    pieces.set(piece, rows)
    if (pieces.size <= keptPieces) return
    const farthest = [...pieces.keys()].toSorted((a, b) => Math.abs(b - piece) - Math.abs(a - piece))[0]
    if (farthest !== undefined) pieces.delete(farthest)
  }

  worker.addEventListener('message', ({ data }: MessageEvent<FromLogWorker>) => {
    switch (data.kind) {
      case 'status':
        return change({ status: data.status })
      case 'search':
        return change({ search: data.status })
      case 'rows':
        if (data.version !== version) return
        keep(data.from / pieceRows, data.rows)
        return change({})
      case 'answer':
        answers.get(data.id)?.(data.value)
        answers.delete(data.id)
    }
  })
  worker.addEventListener('error', (event) => {
    const message = event.message || 'The log could not be read.'
    change({ status: { ...state.status, isReading: false, problem: { message, isMissing: false } } })
  })
  send({ kind: 'open', taskRun, attempt })

  return {
    getState: () => state,
    subscribe: (onChange) => {
      listeners.add(onChange)
      return () => listeners.delete(onChange)
    },
    row: (row) => pieces.get(Math.floor(row / pieceRows))?.[row % pieceRows],
    want: (from, to) => {
      const last = Math.min(to, state.status.rows) - 1
      for (let piece = Math.floor(Math.max(0, from) / pieceRows); piece <= Math.floor(last / pieceRows); piece++) {
        const there = pieces.get(piece)?.length ?? 0
        const isWhole = there === Math.min(pieceRows, state.status.rows - piece * pieceRows)
        if (isWhole || wanted.has(piece)) continue
        wanted.add(piece)
        send({ kind: 'rows', from: piece * pieceRows, to: (piece + 1) * pieceRows, version })
      }
    },
    grown: () => send({ kind: 'grown' }),
    filter: (filter) => {
      version += 1
      pieces = new Map()
      wanted = new Set()
      send({ kind: 'filter', filter })
    },
    search: (query) => {
      change({ search: query === null ? null : { matches: 0, isDone: false, problem: null } })
      send({ kind: 'search', query })
    },
    rowOfLine: async (line) => await ask((id) => ({ kind: 'row-of', id, line })),
    matchBeside: async (line, direction) => await ask((id) => ({ kind: 'match', id, line, direction })),
    text: async (limit) => await ask((id) => ({ kind: 'text', id, limit })),
    close: () => {
      worker.terminate()
      listeners.clear()
    },
  }
}
