import { ConfigError } from '@millrace/core'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { OpenOptions } from '../kit/connector.ts'
import { createSessionPool } from '../kit/session-pool.ts'
import type { Sink, Target } from '../kit/sink.ts'
import { formatTableName } from '../kit/table-name.ts'
import { databaseOf } from './catalog.ts'
import { labelOf } from './config.ts'
import { connect, killQuery } from './connect.ts'
import { hashTable } from './hash-table.ts'
import { writingMode } from './session.ts'
import { openMysqlLoad } from './sink-load.ts'
import { planTarget } from './sink-plan.ts'
import { readLoad, readMark, recordsOf, settle } from './sink-records.ts'
import { readTarget, type TargetTable, tableOf } from './sink-target.ts'
import { qualified } from './sql-text.ts'
import { guarded, type Kill } from './statement.ts'

export async function openMysqlSink(config: ConfigValues, options: OpenOptions = {}): Promise<Sink> {
  options.signal?.throwIfAborted()
  const own = config.database ? String(config.database) : undefined
  const open = () => connect(config, writingMode)
  const sessions = createSessionPool(Math.max(1, options.parallel ?? 1), open)
  const kill: Kill = (session) => killQuery(config, session)
  const loads = new Set<AsyncDisposable>()
  // Connects now, so that a wrong address is told before anything is read.
  await sessions.use(async () => {})

  const placeOf = (target: Target) => {
    const ref = tableOf(target)
    const database = databaseOf(ref, own)
    return { ref, database, address: qualified(database, ref.name), records: recordsOf(database) }
  }

  async function existing(target: Target): Promise<TargetTable> {
    const table = await sessions.use((session) => readTarget(session, target, own))
    if (table !== null) return table
    throw new ConfigError('TABLE_NOT_FOUND', {
      message: `${labelOf(config)} has no table ${formatTableName(tableOf(target))}, or this login may not see it.`,
    })
  }

  return {
    dialect: 'mysql',
    concurrentLoads: true,
    accepts: async () => ['csv'],
    formatOptions: (given) => given,
    plan: (target, columns, sourceDialect, _mode) =>
      sessions.use(async (session) => {
        const table = await readTarget(session, target, own)
        const context = { server: session.server, sourceDialect, keys: [] }
        return planTarget(placeOf(target).address, table, columns, context)
      }),
    interrupted: (key, target) =>
      sessions.use(async (session) => {
        const { records } = placeOf(target)
        if (!options.planOnly) await settle(session, records)
        return (await readLoad(session, records, key))?.interrupted ?? null
      }),
    async openLoad(spec, resume) {
      const { address, records } = placeOf(spec.target)
      const session = await open()
      const load: AsyncDisposable[] = []
      const onDispose = () => {
        for (const each of load) loads.delete(each)
      }
      const opened = await openMysqlLoad({ sessions, session, kill, records, address, own, onDispose }, spec, resume)
      load.push(opened)
      loads.add(opened)
      return opened
    },
    readState: (key, target) =>
      sessions.use(async (session) => {
        const { records } = placeOf(target)
        if (!options.planOnly) await settle(session, records)
        return await readMark(session, records, key)
      }),
    async count(target, signal) {
      const { address } = await existing(target)
      const sql = `SELECT COUNT(*) AS n FROM ${address}`
      const rows = await sessions.use((session) => guarded(session, kill, signal, () => session.select(sql)), signal)
      return Number(rows[0]?.n)
    },
    async contentHash(target, columns, signal) {
      const table = await existing(target)
      const types = new Map(table.columns.map((column) => [column.name.toLowerCase(), column.type]))
      const stored = columns.map((column) => types.get(column.name.toLowerCase()) ?? 'longtext')
      return await sessions.use((session) => hashTable(session, kill, table.address, columns, stored, signal), signal)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...loads].map((load) => load[Symbol.asyncDispose]()))
      await sessions[Symbol.asyncDispose]()
    },
  }
}
