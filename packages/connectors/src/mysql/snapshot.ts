import { TransientError } from '@millrace/core'
import type { ConfigValues } from '../kit/config-schema.ts'
import { createSessionPool, type SessionPool } from '../kit/session-pool.ts'
import { labelOf } from './config.ts'
import { connect, killQuery } from './connect.ts'
import { serverErrno } from './errors.ts'
import { readingMode, type Session } from './session.ts'
import type { Kill } from './statement.ts'

export interface Snapshot extends AsyncDisposable {
  readonly sessions: SessionPool<Session>
  readonly kill: Kill
  readonly position: SnapshotPosition
}

/** What tells whether a later snapshot sees the same rows. JSON-safe. */
export interface SnapshotPosition {
  /** Identifies the running server: it changes with a restart. */
  readonly server: string
  /** When the snapshot was taken, UTC by the server's clock, never later than its rows. */
  readonly takenAt: string
  /** Position in the binary log, read before the snapshot; null when the server keeps none or may not tell. */
  readonly binlog: string | null
  /** How several connections came to see the same rows. */
  readonly consistency: string
}

type Taken = { readonly sessions: Session[]; readonly consistency: string }

/**
 * Sessions that all see the tables at one moment. Several connections get there under a short
 * global read lock, or, on MariaDB with a binary log, by comparing the log positions of their
 * snapshots. A login that may do neither reads over one connection.
 */
export async function openSnapshot(config: ConfigValues, parallel: number, signal?: AbortSignal): Promise<Snapshot> {
  signal?.throwIfAborted()
  const open = () => connect(config, readingMode)
  const opened: Session[] = []
  try {
    const results = await Promise.allSettled(Array.from({ length: parallel }, open))
    for (const result of results) if (result.status === 'fulfilled') opened.push(result.value)
    for (const result of results) if (result.status === 'rejected') throw result.reason
    const before = await readPosition(opened[0] as Session)
    const taken = await takeSnapshots(opened, open)
    const kept = new Set(taken.sessions)
    await Promise.all(opened.filter((session) => !kept.has(session)).map((session) => session.close()))
    const ready = [...taken.sessions]
    const sessions = createSessionPool(taken.sessions.length, async () => {
      const session = ready.pop()
      if (session) return session
      throw new TransientError('SNAPSHOT_LOST', {
        message: `${labelOf(config)}: a connection that held the snapshot was lost, and a new one would see other rows. Run the same command again: it goes on from the finished chunks.`,
      })
    })
    return {
      sessions,
      kill: (session) => killQuery(config, session),
      position: { ...before, consistency: taken.consistency },
      async [Symbol.asyncDispose]() {
        await sessions[Symbol.asyncDispose]()
        await Promise.all(taken.sessions.map((session) => session.close()))
      },
    }
  } catch (error) {
    await Promise.all(opened.map((session) => session.close()))
    throw error
  }
}

const begin = 'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY'

async function takeSnapshots(opened: readonly Session[], open: () => Promise<Session>): Promise<Taken> {
  const sessions = [...opened]
  const [first] = sessions as [Session]
  if (sessions.length === 1) {
    await first.execute(begin)
    return { sessions, consistency: 'one connection' }
  }
  const locker = await open()
  try {
    if (await lockTables(locker)) {
      await Promise.all(sessions.map((session) => session.execute(begin)))
      return { sessions, consistency: 'read lock' }
    }
  } finally {
    // Ends the lock as well.
    await locker.close()
  }
  if (first.server.mariadb && (await sameLogPosition(sessions))) {
    return { sessions, consistency: 'equal positions in the binary log' }
  }
  await first.execute(begin)
  return { sessions: [first], consistency: 'one connection, since this login may not take a read lock' }
}

/** Not granted (RELOAD), or something has been running for too long: then without. */
const lockRefused = new Set([1044, 1045, 1142, 1205, 1227, 1290])

async function lockTables(session: Session): Promise<boolean> {
  try {
    await session.execute('SET SESSION lock_wait_timeout = 3')
    await session.execute('FLUSH TABLES WITH READ LOCK')
    return true
  } catch (error) {
    if (lockRefused.has(serverErrno(error) ?? -1)) return false
    throw error
  }
}

/** On a quiet server snapshots taken together see the same log position; a few tries, since others write. */
async function sameLogPosition(sessions: readonly Session[]): Promise<boolean> {
  for (let attempt = 0; attempt < 5; attempt++) {
    await Promise.all(sessions.map((session) => session.execute(begin)))
    const positions = await Promise.all(sessions.map(logPosition))
    const [position] = positions
    if (position !== null && positions.every((other) => other === position)) return true
    await Promise.all(sessions.map((session) => session.execute('ROLLBACK')))
    if (position === null) return false
  }
  return false
}

/** MariaDB: where the session's own snapshot stands in the binary log. */
async function logPosition(session: Session): Promise<string | null> {
  const rows = await session.select(`SHOW STATUS LIKE 'binlog_snapshot_%'`)
  const values = new Map(
    rows.map((row) => Object.values(row) as [string, string]).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const file = values.get('binlog_snapshot_file')
  return file ? `${file}:${values.get('binlog_snapshot_position')}` : null
}

/** Read before the snapshot: whatever it says to be unchanged later was so for the snapshot, too. */
export async function readPosition(session: Session): Promise<Omit<SnapshotPosition, 'consistency'>> {
  const [now] = await session.select(
    'SELECT UTC_TIMESTAMP(6) AS taken, @@hostname AS host, @@port AS port, @@datadir AS folder',
  )
  const [uptime] = await session.select(`SHOW GLOBAL STATUS LIKE 'Uptime'`)
  const taken = now?.taken ?? ''
  const started =
    Date.parse(`${taken.slice(0, 23).replace(' ', 'T')}Z`) / 1000 - Number(Object.values(uptime ?? {})[1] ?? 0)
  return {
    // Uptime counts whole seconds: two readings of one start differ by at most one.
    server: `${now?.host}:${now?.port} ${now?.folder} since ${Math.round(started)}`,
    takenAt: taken,
    binlog: await binlogPosition(session),
  }
}

/** Whether two readings are of the same run of the same server. */
export function sameServer(one: string, other: string): boolean {
  const parts = (text: string) => /^(.*) since (\d+)$/s.exec(text)
  const [a, b] = [parts(one), parts(other)]
  return a !== null && b !== null && a[1] === b[1] && Math.abs(Number(a[2]) - Number(b[2])) <= 1
}

async function binlogPosition(session: Session): Promise<string | null> {
  const [log] = await session.select('SELECT @@log_bin AS enabled')
  if (log?.enabled !== '1') return null
  const statements = session.server.mariadb
    ? ['SELECT @@gtid_binlog_pos AS gtid', 'SHOW MASTER STATUS']
    : ['SELECT @@gtid_executed AS gtid', 'SHOW BINARY LOG STATUS', 'SHOW MASTER STATUS']
  let gtid: string | null = null
  for (const statement of statements) {
    // Each needs a privilege or a version that may be missing.
    const rows = await session.select(statement).catch(() => [])
    const [row] = rows
    if (!row) continue
    if (row.gtid !== undefined) gtid = row.gtid
    // A log that leaves databases out does not move when they change.
    else if (row.Binlog_Do_DB || row.Binlog_Ignore_DB) return null
    else return `${row.File}:${row.Position} ${gtid ?? ''}`.trim()
  }
  return null
}
