import { FatalError, TransientError } from '@millrace/core'
import type { ConfigValues } from '../kit/config-schema.ts'
import { serial } from '../kit/serial.ts'
import { createSessionPool, type SessionPool } from '../kit/session-pool.ts'
import { quoteName } from '../kit/sql-quote.ts'
import { quoteLiteral } from './identifiers.ts'
import { openSession, pinned, type Session } from './session.ts'

/** One point in time that several sessions see. */
export interface Snapshot extends AsyncDisposable {
  readonly sessions: SessionPool<Session>
  readonly serverVersion: number
  readonly serverEncoding: string
  readonly position: Readonly<Record<string, unknown>>
  /**
   * Keeps a table's file from being rewritten or truncated until the snapshot ends, without keeping
   * anybody from reading or writing it. Fails when that happened since the snapshot was taken:
   * such changes do not honour snapshots.
   */
  holdFile(table: { readonly oid: number; readonly schema: string; readonly name: string }): Promise<void>
}

const beginRead = 'begin isolation level repeatable read read only'

export async function openSnapshot(config: ConfigValues, parallel: number, signal?: AbortSignal): Promise<Snapshot> {
  const holder = await openSession(config, signal)
  try {
    const system = await systemIdentifier(holder)
    await holder.query(beginRead)
    const { rows } = await holder.query(
      `select pg_export_snapshot(), ${holder.serverVersion >= 130000 ? 'pg_current_snapshot()' : 'txid_current_snapshot()'},
              case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end,
              current_database(), clock_timestamp(), current_setting('server_version')`,
    )
    const [exported, visible, lsn, database, at, version] = rows[0] ?? []
    const sessions = createSessionPool(parallel, async (sessionSignal) => {
      const session = await openSession(config, sessionSignal)
      try {
        // Pinned again inside the transaction, because a pooler in between may have given us another session for it.
        await session.query(`${beginRead}; set transaction snapshot ${quoteLiteral(exported ?? '')}; ${pinned}`)
        return session
      } catch (error) {
        await session.close()
        throw new TransientError('SNAPSHOT_LOST', {
          message: `The snapshot at ${session.label} could not be shared with another connection; it ends with the connection that took it. Run again.`,
          cause: error,
        })
      }
    })
    const inTurn = serial()
    return {
      sessions,
      serverVersion: holder.serverVersion,
      serverEncoding: holder.serverEncoding,
      position: { lsn, snapshot: visible, system, database, at, serverVersion: version },
      holdFile: (table) => inTurn(() => holdFile(holder, table)),
      async [Symbol.asyncDispose]() {
        await Promise.all([sessions[Symbol.asyncDispose](), holder.close()])
      },
    }
  } catch (error) {
    await holder.close()
    throw error
  }
}

/** Names the cluster, so that positions of another server are never mistaken for ours; null where it may not be asked. */
async function systemIdentifier(session: Session): Promise<string | null> {
  const identifier = await session.query('select system_identifier from pg_control_system()').catch(() => null)
  return identifier?.rows[0]?.[0] ?? null
}

async function holdFile(
  holder: Session,
  table: { readonly oid: number; readonly schema: string; readonly name: string },
): Promise<void> {
  const name = `${quoteName(table.schema)}.${quoteName(table.name)}`
  // A savepoint, because a refused lock must not end the transaction that carries the snapshot.
  await holder.query('savepoint hold')
  try {
    await holder.query(`lock table only ${name} in access share mode`)
  } catch (error) {
    await holder.query('rollback to savepoint hold')
    throw error
  }
  await holder.query('release savepoint hold')
  // The function tells the present file, the catalogue the file of the snapshot.
  const { rows } = await holder.query(
    'select pg_relation_filenode(oid) = relfilenode from pg_class where oid = $1 and oid = $2::regclass',
    [table.oid, name],
  )
  if (rows[0]?.[0] === 't') return
  if (rows.length > 0 && rows[0]?.[0] === null) {
    throw new FatalError('TABLE_WITHOUT_FILE', {
      message: `The table ${name} has no file of its own at ${holder.label}.`,
    })
  }
  throw new TransientError('TABLE_REWRITTEN', {
    message: `The table ${name} at ${holder.label} was truncated, rewritten or replaced just after the snapshot was taken. Run again.`,
    details: { table: name },
  })
}
