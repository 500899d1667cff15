import { ConfigError } from '@millrace/core'
import type pg from 'pg'
import type { Sink, Target } from '../kit/sink.ts'
import type { TableRef } from '../kit/source.ts'
import { readLoad, readPipelineState } from './sink-bookkeeping.ts'
import { locate, type TargetPlace } from './sink-catalog.ts'
import { hashOfTable, openPostgresLoad } from './sink-load.ts'
import { planTarget, takesBinary } from './sink-plan.ts'
import { createSessions, type Session } from './sink-sessions.ts'

export interface PostgresSinkOptions {
  /** A new, authenticated connection. */
  readonly connect: () => Promise<pg.Client>
  /** Asks the server to stop what a connection is doing. Default: `pg_cancel_backend` by a connection of its own. */
  readonly cancel?: (client: pg.Client) => Promise<void>
  /** Connections that write at once. Default 1. Each open load holds one more. */
  readonly parallel?: number
  /** Stops everything that has no signal of its own. */
  readonly signal?: AbortSignal
  /** Names the server in messages; never holds a password. */
  readonly label: string
}

/** Loads tables of one PostgreSQL database by COPY into staging tables of the schema `_millrace`. */
export function openPostgresSink({ connect, cancel, parallel = 1, signal, label }: PostgresSinkOptions): Sink {
  const sessions = createSessions({ connect, cancel, limit: Math.max(1, parallel), label })

  const atTarget = <T>(target: Target, work: (session: Session, place: TargetPlace) => Promise<T>, own = signal) =>
    sessions.use(own, async (session) => work(session, await locate(session, tableOf(target))))

  const atTable = <T>(target: Target, work: (session: Session, table: string) => Promise<T>, own?: AbortSignal) =>
    atTarget(
      target,
      (session, place) => {
        if (place.table !== null) return work(session, place.sql)
        throw new ConfigError('TABLE_NOT_FOUND', {
          message: `${label} has no table ${place.schema}.${place.name}. Check its name and schema.`,
        })
      },
      own ?? signal,
    )

  return {
    dialect: 'postgres',
    concurrentLoads: true,
    accepts(columns, sourceDialect, target) {
      return atTarget(target, async (session, place) => {
        const binary = sourceDialect === 'postgres' && (await takesBinary(session, place, columns))
        return binary ? ['copy-binary', 'csv'] : ['csv']
      })
    },
    formatOptions: (options) => ({ ...options, postgresLimits: true }),
    plan: (target, columns, sourceDialect) =>
      atTarget(target, (session, place) => planTarget(session, place, columns, sourceDialect)),
    interrupted: (key) => sessions.use(signal, (session) => readLoad(session, key)),
    openLoad: (spec, resume) => openPostgresLoad(sessions, spec, resume),
    readState: (key) => sessions.use(signal, (session) => readPipelineState(session, key)),
    count: (target, own) =>
      atTable(
        target,
        async (session, table) => {
          const [row] = await session.select(`SELECT count(*)::text AS rows FROM ${table}`)
          return Number(row?.rows)
        },
        own,
      ),
    contentHash: (target, columns, own) =>
      atTable(target, (session, table) => hashOfTable(session, table, columns), own),
    [Symbol.asyncDispose]: () => sessions[Symbol.asyncDispose](),
  }
}

function tableOf(target: Target): TableRef {
  if (target.kind === 'table') return target.table
  throw new ConfigError('TARGET_NOT_A_TABLE', {
    message: 'PostgreSQL takes tables, not files. Name a table as the target.',
  })
}
