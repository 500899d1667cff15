import { ConfigError } from '@millrace/core'
import type { ConfigValues } from '../kit/config-schema.ts'
import type { OpenOptions } from '../kit/connector.ts'
import type { Sink, Target } from '../kit/sink.ts'
import { formatTableName } from '../kit/table-name.ts'
import { labelOf } from './config.ts'
import { settle } from './publish.ts'
import { readRows } from './read-table.ts'
import { openSession } from './session.ts'
import { hashTable, openClickhouseLoad } from './sink-load.ts'
import { planTarget } from './sink-plan.ts'
import { readLoad, readMark, recordsExist, recordsOf } from './sink-records.ts'
import { placeOf, readTarget, tableOf } from './sink-target.ts'

export async function openClickhouseSink(
  config: ConfigValues,
  { signal, planOnly = false }: OpenOptions = {},
): Promise<Sink> {
  const session = await openSession(config, signal)
  const own = String(config.database ?? 'default')
  const loads = new Set<AsyncDisposable>()

  /** The records of the target's database, with every publish settled that was cut off, unless only plans are wanted. */
  const settled = async (target: Target) => {
    const records = recordsOf(placeOf(target, own).database)
    if (!planOnly && (await recordsExist(session, records))) await settle(session, records)
    return records
  }

  const existing = async (target: Target) => {
    const place = placeOf(target, own)
    const table = await readTarget(session, place)
    if (table !== null) return { ...place, table }
    throw new ConfigError('TABLE_NOT_FOUND', {
      message: `${labelOf(config)} has no table ${formatTableName(tableOf(target))}, or this user may not see it.`,
    })
  }

  return {
    dialect: 'clickhouse',
    concurrentLoads: true,
    accepts: async () => ['csv'],
    formatOptions: (options) => options,
    async plan(target, columns, sourceDialect, mode) {
      const place = placeOf(target, own)
      return planTarget(place, await readTarget(session, place), columns, sourceDialect, mode)
    },
    async interrupted(key, target) {
      const records = await settled(target)
      return (await readLoad(session, records, key))?.interrupted ?? null
    },
    async openLoad(spec, resume) {
      const place = placeOf(spec.target, own)
      const records = recordsOf(place.database)
      const opened: AsyncDisposable[] = []
      const onDispose = () => {
        for (const each of opened) loads.delete(each)
      }
      const load = await openClickhouseLoad({ session, records, place, onDispose }, spec, resume)
      opened.push(load)
      loads.add(load)
      return load
    },
    async readState(key, target) {
      return await readMark(session, await settled(target), key)
    },
    async count(target, asked) {
      const { address } = await existing(target)
      const [row] = await readRows(session.http, { sql: `SELECT count() FROM ${address}`, signal: asked })
      return Number(row?.[0])
    },
    async contentHash(target, columns, asked) {
      const { address, table } = await existing(target)
      return await hashTable(session, address, columns, table.columns, asked)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...loads].map((load) => load[Symbol.asyncDispose]()))
      session.http.close()
    },
  }
}
