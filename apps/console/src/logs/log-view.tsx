import { Button, Loader, Text } from '@mantine/core'
import { useDebouncedValue, useLocalStorage } from '@mantine/hooks'
import { notifications } from '@mantine/notifications'
import { IconArrowDown } from '@tabler/icons-react'
import { useLocation, useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react'
import { EmptyState, Failure } from '../ui/index.ts'
import type { LogAddress } from './address/index.ts'
import { addressOf, filterOf, queryOf } from './address/log-address.ts'
import { LogAnnouncer } from './log-announcer.tsx'
import type { LogClient } from './log-client.ts'
import type { LogFilter } from './log-entry.ts'
import { LogLines, type LogPlace } from './log-lines.tsx'
import type { LogStatus } from './log-messages.ts'
import { type LogQuery, queryPattern } from './log-search.ts'
import { LogToolbar } from './log-toolbar.tsx'
import styles from './log-view.module.css'
import { useLog, useLogState } from './use-log.ts'

interface LogViewProps {
  readonly taskRun: number
  readonly attempt: number
  /** Whether the attempt has ended. */
  readonly isOver: boolean
  /** Whether it opens at its end, as one that still grows always does. */
  readonly opensAtEnd?: boolean
  /** What is sought and filtered at first; later it is told by `onAddress`. */
  readonly address?: LogAddress
  readonly onAddress?: (address: LogAddress) => void
  /** CSS height. Default: the rest of a column that is laid out by `flex`. */
  readonly height?: string
}

/** The log of an attempt, of any length, as it grows. */
export function LogView({
  opensAtEnd = false,
  height = 'fill',
  address = usual,
  onAddress = nothing,
  ...rest
}: LogViewProps) {
  const { taskRun, attempt, isOver } = rest
  const client = useLog(taskRun, attempt, isOver)
  if (client === null) return <Loader size="sm" aria-label="Loading the log" />
  return <OpenLog key={`${taskRun}:${attempt}`} {...{ ...rest, client, opensAtEnd, height, address, onAddress }} />
}

const usual: LogAddress = {}
const nothing = () => {}

const copiedLines = 10_000

function OpenLog({
  client,
  taskRun,
  attempt,
  isOver,
  opensAtEnd,
  height,
  address,
  onAddress,
}: Required<LogViewProps> & { readonly client: LogClient }) {
  const { status, search, revision } = useLogState(client)
  const searchField = useRef<HTMLInputElement>(null)
  const [place, setPlace] = useState<LogPlace>({ position: 0, isAtEnd: !isOver || opensAtEnd })
  // Known once the person has left the end of a log that grows.
  const [leftAtRows, setLeftAtRows] = useState<number | null>(null)
  const [filter, setFilter] = useState<LogFilter>(() => filterOf(address))
  const [query, setQuery] = useState<LogQuery>(() => queryOf(address))
  const [soughtQuery] = useDebouncedValue(query, 150)
  const [matchAt, setMatchAt] = useState<number | null>(null)
  const [isWrapped, setWrapped] = useLocalStorage({ key: 'millrace-log-wrap', defaultValue: false })
  const [isUtc, setUtc] = useLocalStorage({ key: 'millrace-log-utc', defaultValue: false })
  const { line: markedLine, mark } = useMarkedLine()
  const pattern = useMemo(() => patternOf(soughtQuery), [soughtQuery])

  useEffect(() => client.filter(filter), [client, filter])
  useEffect(() => client.search(soughtQuery.text === '' ? null : soughtQuery), [client, soughtQuery])
  const tell = useRef(onAddress)
  tell.current = onAddress
  const told = useRef(JSON.stringify(addressOf(soughtQuery, filter)))
  useEffect(() => {
    const next = addressOf(soughtQuery, filter)
    if (JSON.stringify(next) === told.current) return
    told.current = JSON.stringify(next)
    tell.current(next)
  }, [soughtQuery, filter])

  const goToLine = async (line: number) => {
    const row = await client.rowOfLine(line)
    onPlace({ position: Math.max(0, row - 5), isAtEnd: false })
  }
  const isLineThere = markedLine !== null && markedLine < status.lines
  // Once, when the line that the address names has been read.
  const cameTo = useRef<number | null>(null)
  useEffect(() => {
    if (!isLineThere || cameTo.current === markedLine) return
    cameTo.current = markedLine
    void client.rowOfLine(markedLine).then((row) => setPlace({ position: Math.max(0, row - 5), isAtEnd: false }))
  }, [client, isLineThere, markedLine])

  const goToMatch = async (direction: 'next' | 'previous') => {
    const found = await client.matchBeside(markedLine ?? (direction === 'next' ? -1 : status.lines), direction)
    if (found === null) return
    setMatchAt(found.at)
    cameTo.current = found.line
    mark(found.line)
    await goToLine(found.line)
  }
  // Whoever follows an address to what it seeks comes to the first match, or to the line that it names.
  const comesToMatch = useRef(query.text !== '' && markedLine === null)
  const hasMatches = (search?.matches ?? 0) > 0
  useEffect(() => {
    if (!comesToMatch.current || !hasMatches) return
    comesToMatch.current = false
    void goToMatch('next')
  })
  const onPlace = (next: LogPlace) => {
    if (place.isAtEnd && !next.isAtEnd) setLeftAtRows(status.rows)
    if (next.isAtEnd) setLeftAtRows(null)
    setPlace(next)
  }
  const goToEnd = () => setPlace({ position: 0, isAtEnd: true })
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target instanceof HTMLInputElement) return
    const actions: Readonly<Record<string, () => void>> = {
      '/': () => searchField.current?.focus(),
      n: () => void goToMatch('next'),
      N: () => void goToMatch('previous'),
      g: () => onPlace({ position: 0, isAtEnd: false }),
      Home: () => onPlace({ position: 0, isAtEnd: false }),
      G: goToEnd,
      End: goToEnd,
    }
    const act = actions[event.key]
    if (act === undefined) return
    event.preventDefault()
    act()
  }

  const { problem } = status
  if (problem?.isMissing) return <EmptyState title="No log yet">{problem.message}</EmptyState>
  const isFollowing = place.isAtEnd && !status.isComplete
  const newRows = place.isAtEnd || leftAtRows === null ? 0 : Math.max(0, status.rows - leftAtRows)
  return (
    <div className={styles.view} style={height === 'fill' ? { flex: '1 1 320px' } : { height }}>
      <LogToolbar
        searchField={searchField}
        query={query}
        onQuery={(next) => {
          comesToMatch.current = false
          setQuery(next)
          setMatchAt(null)
        }}
        search={search}
        matchAt={matchAt}
        onMatch={(direction) => void goToMatch(direction)}
        onLeave={() => {
          setQuery({ ...query, text: '' })
          setMatchAt(null)
        }}
        filter={filter}
        onFilter={(next) => {
          setFilter(next)
          setMatchAt(null)
        }}
        isWrapped={isWrapped}
        onWrapped={setWrapped}
        isUtc={isUtc}
        onUtc={setUtc}
        onCopy={() => void copy(client)}
        onDownload={() => void download(client, `task-run-${taskRun}-attempt-${attempt}.log`)}
      />
      {problem !== null && (
        <Failure title="The log could not be read" error={new Error(problem.message)} onRetry={client.grown} />
      )}
      <div className={styles.body}>
        <LogLines
          client={client}
          revision={revision}
          rows={status.rows}
          label={`Log of attempt ${attempt}`}
          place={place}
          onPlace={onPlace}
          onKey={onKey}
          pattern={search === null ? null : pattern}
          isUtc={isUtc}
          isWrapped={isWrapped}
          markedLine={markedLine}
          onMark={mark}
        />
        {newRows > 0 && (
          <Button
            className={styles.goOn}
            size="compact-sm"
            rightSection={<IconArrowDown size={14} aria-hidden />}
            onClick={goToEnd}
          >
            {newRows.toLocaleString()} new {newRows === 1 ? 'line' : 'lines'}, go to the end
          </Button>
        )}
      </div>
      <div className={styles.foot}>
        <Text span size="xs" className="numeric">
          {countText(status)}
        </Text>
        {isFollowing && (
          <Text span size="xs">
            Following
          </Text>
        )}
        {status.isReading && status.bytes > 0 && (
          <Text span size="xs">
            Reading on…
          </Text>
        )}
        {!status.isKeptWhole && (
          <Text span size="xs">
            The log is larger than what is kept here; other parts of it are read again as you come to them.
          </Text>
        )}
      </div>
      <LogAnnouncer client={client} rows={status.rows} />
    </div>
  )
}

/** The line that the address names, `#L123`, from 0. */
function useMarkedLine() {
  const hash = useLocation({ select: (location) => location.hash })
  const navigate = useNavigate()
  const [, number] = /^L(\d+)$/.exec(hash) ?? []
  return {
    line: number === undefined ? null : Number(number) - 1,
    mark: (line: number) =>
      void navigate({
        to: '.',
        search: true,
        hash: `L${line + 1}`,
        replace: true,
        hashScrollIntoView: false,
        resetScroll: false,
      } as never),
  }
}

function patternOf(query: LogQuery): RegExp | null {
  try {
    return query.text === '' ? null : queryPattern(query)
  } catch {
    return null
  }
}

function countText({ lines, rows, bytes, isComplete }: LogStatus): string {
  if (lines === 0) return isComplete ? 'Nothing was written.' : 'Nothing was written yet.'
  const all = `${lines.toLocaleString()} ${lines === 1 ? 'line' : 'lines'}`
  const size =
    bytes < 1000 ? `${bytes} bytes` : bytes < 1e6 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
  return `${rows === lines ? all : `${rows.toLocaleString()} of ${all}`}, ${size}`
}

async function copy(client: LogClient): Promise<void> {
  const text = await (await client.text(copiedLines))?.text()
  if (text === undefined) return
  await navigator.clipboard.writeText(text)
  notifications.show({ message: 'Copied', autoClose: 2000 })
}

async function download(client: LogClient, name: string): Promise<void> {
  const blob = await client.text(null)
  if (blob === null) return
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
