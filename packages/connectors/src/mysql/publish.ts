import { ConfigError, DataError, TransientError } from '@millrace/core'
import type { LoadSpec, PublishResult } from '../kit/sink.ts'
import { formatTableName } from '../kit/table-name.ts'
import { serverErrno } from './errors.ts'
import { type Session, transaction } from './session.ts'
import { chunkColumn, markPublished, markPublishing, oldName, type Records } from './sink-records.ts'
import { type Reference, type TargetTable, tableOf } from './sink-target.ts'
import { qualified, quoteName, quoteNames } from './sql-text.ts'

export interface PublishContext {
  readonly session: Session
  readonly records: Records
  readonly spec: LoadSpec
  readonly staging: string
  /** Where the target is, or will be. */
  readonly address: string
  readonly target: TargetTable | null
  /** The staging table is made like the target, to take its place. */
  readonly swap: boolean
}

/** Makes the staged rows visible in one step, in the way of the load's mode. */
export async function publishStaging(context: PublishContext): Promise<PublishResult> {
  const { spec, target, session, staging } = context
  const staged = await count(session, staging)
  await checkKeys(context)
  const name = formatTableName(tableOf(spec.target))
  if (spec.mode === 'replace' && staged === 0 && target !== null && !spec.allowEmpty) {
    const lost = await count(session, target.address)
    if (lost > 0) {
      throw new ConfigError('EMPTY_REPLACE', {
        message: `The source has no rows, and replacing ${name} would remove its ${lost} rows. Say --allow-empty if that is what you want.`,
        details: { rows: lost },
      })
    }
  }
  if (context.swap) return await swap(context, staged, name)
  return await inPlace(context, target as TargetTable, staged, name)
}

async function swap(
  { session, records, spec, staging, address, target }: PublishContext,
  staged: number,
  name: string,
) {
  const replaced = target?.estimatedRows ?? undefined
  const result = { inserted: staged, updated: 0, skipped: 0, ...(replaced === undefined ? {} : { replaced }) }
  await markPublishing(session, records, spec.key, result)
  await session.execute(`ALTER TABLE ${staging} DROP COLUMN ${quoteName(chunkColumn)}`)
  if (target !== null) await keepCounter(session, target, staging)
  const old = qualified(records.database, oldName(spec.key))
  const renames = target === null ? [] : [`${address} TO ${old}`]
  await session.execute('SET SESSION lock_wait_timeout = 30')
  try {
    await session.execute(`RENAME TABLE ${[...renames, `${staging} TO ${address}`].join(', ')}`)
  } catch (error) {
    if (serverErrno(error) !== 1205) throw error
    throw new TransientError('TARGET_LOCKED', {
      message: `${name} could not be replaced within 30 seconds, since other sessions hold it in open transactions (SHOW FULL PROCESSLIST names them). Run the same command again: all chunks are kept.`,
      cause: error,
    })
  }
  await transaction(session, () => markPublished(session, records, spec.key, result, spec.state))
  return result
}

/** The next automatic number goes on from the replaced table's. */
async function keepCounter(session: Session, target: TargetTable, staging: string): Promise<void> {
  const [row] = await session.select(
    `SHOW TABLE STATUS FROM ${quoteName(target.database)} WHERE name = '${target.name.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`,
  )
  const next = row?.Auto_increment
  // The server never sets it below what the rows need.
  if (next) await session.execute(`ALTER TABLE ${staging} AUTO_INCREMENT = ${next}`)
}

async function inPlace(
  { session, records, spec, staging }: PublishContext,
  target: TargetTable,
  staged: number,
  name: string,
): Promise<PublishResult> {
  const columns = quoteNames(spec.columns.map((column) => column.name))
  const insert = `INSERT INTO ${target.address} (${columns}) SELECT ${columns} FROM ${staging}`
  const match = spec.keys.map((key) => `t.${quoteName(key)} = s.${quoteName(key)}`).join(' AND ')
  const referenced = spec.mode === 'replace' && target.references.length > 0
  // Rows that other tables refer to go and come back within the transaction; what holds then is checked at its end.
  if (referenced) await session.execute('SET SESSION foreign_key_checks = 0')
  try {
    return await transaction(session, async () => {
      let result: PublishResult
      switch (spec.mode) {
        case 'append': {
          const { affectedRows } = await session.execute(insert)
          result = { inserted: affectedRows, updated: 0, skipped: 0 }
          break
        }
        case 'replace': {
          const { affectedRows: replaced } = await session.execute(`DELETE FROM ${target.address}`)
          const { affectedRows: inserted } = await session.execute(insert)
          for (const reference of target.references) await checkReference(session, reference, name)
          result = { inserted, updated: 0, skipped: 0, replaced }
          break
        }
        case 'merge':
        case 'insert-only': {
          const others = spec.columns.filter((column) => !spec.keys.includes(column.name))
          const set = others.map(({ name: each }) => `t.${quoteName(each)} = s.${quoteName(each)}`).join(', ')
          if (spec.mode === 'merge' && others.length > 0) {
            await session.execute(`UPDATE ${target.address} t JOIN ${staging} s ON ${match} SET ${set}`)
          }
          const values = spec.columns.map((column) => `s.${quoteName(column.name)}`).join(', ')
          const { affectedRows: inserted } = await session.execute(
            `INSERT INTO ${target.address} (${columns}) SELECT ${values} FROM ${staging} s
              WHERE NOT EXISTS (SELECT 1 FROM ${target.address} t WHERE ${match})`,
          )
          const known = staged - inserted
          result =
            spec.mode === 'merge' ? { inserted, updated: known, skipped: 0 } : { inserted, updated: 0, skipped: known }
          break
        }
      }
      await markPublished(session, records, spec.key, result, spec.state)
      return result
    })
  } finally {
    if (referenced && session.alive) await session.execute('SET SESSION foreign_key_checks = 1')
  }
}

async function checkReference(session: Session, { from, to, columns }: Reference, name: string): Promise<void> {
  const on = columns.map(([own, other]) => `t.${quoteName(other)} = f.${quoteName(own)}`).join(' AND ')
  const filled = columns.map(([own]) => `f.${quoteName(own)} IS NOT NULL`).join(' AND ')
  const orphans = await session.select(
    `SELECT 1 AS found FROM ${from} f WHERE ${filled} AND NOT EXISTS (SELECT 1 FROM ${to} t WHERE ${on}) LIMIT 1`,
  )
  if (orphans.length === 0) return
  throw new DataError('REPLACE_BREAKS_REFERENCES', {
    message: `${name} was not replaced: rows of ${from} would refer to rows of ${to} that are not there (foreign key on ${columns.map(([own]) => own).join(', ')}). Copy the other table first, or drop the foreign key.`,
  })
}

/** Keys that are NULL or not unique would make a merge depend on chance. */
async function checkKeys({ session, spec, staging }: PublishContext): Promise<void> {
  if (spec.mode !== 'merge' && spec.mode !== 'insert-only') return
  const keys = spec.keys.map(quoteName)
  const [empty] = await session.select(
    `SELECT COUNT(*) AS n FROM ${staging} WHERE ${keys.map((key) => `${key} IS NULL`).join(' OR ')}`,
  )
  if (Number(empty?.n) > 0) {
    throw new DataError('NULL_KEY', {
      message: `${empty?.n} rows have NULL in the key (${spec.keys.join(', ')}), so they cannot be matched. Leave them out by a query, or choose another --key.`,
    })
  }
  const [twice] = await session.select(
    `SELECT ${keys.map((key) => `CONCAT(${key})`).join(', ')}, COUNT(*) AS _n FROM ${staging} GROUP BY ${keys.join(', ')} HAVING COUNT(*) > 1 LIMIT 1`,
  )
  if (twice) throw duplicateKey(spec, Object.values(twice).slice(0, -1).map(String), Number(twice._n))
}

export function duplicateKey(spec: LoadSpec, values: readonly string[], times?: number): DataError {
  return new DataError('DUPLICATE_KEY', {
    message: `The key (${spec.keys.join(', ')}) does not identify a row: ${values.join(', ')} comes ${times ?? 'several'} times. Nothing was changed. Choose another --key, or remove the duplicates by a query.`,
    details: { keys: spec.keys, values },
  })
}

async function count(session: Session, address: string): Promise<number> {
  const [row] = await session.select(`SELECT COUNT(*) AS n FROM ${address}`)
  return Number(row?.n)
}
