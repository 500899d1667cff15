import { createHash } from 'node:crypto'
import { ConfigError, FatalError } from '@millrace/core'
import type { Db, Queryable, Trx } from './queryable.ts'
import { sql } from './sql.ts'
import { transaction } from './transaction.ts'

/** A step from one shape of a schema to the next. Once released, it is never edited. */
export interface Migration {
  /** Counts from 1 without gaps. */
  readonly id: number
  readonly name: string
  /** Statements without values. Names without a schema are of the schema that is migrated. */
  readonly sql: string
}

export interface MigrateOptions {
  readonly schema: string
  readonly migrations: readonly Migration[]
  /** Told before each migration that is applied. */
  readonly onApply?: (migration: Migration) => void
}

interface Applied {
  readonly id: number
  readonly name: string
  readonly checksum: string
}

/**
 * Brings a schema to the shape that this version of the code wants, and makes it when it is missing. Each
 * migration is a transaction under a lock: of several processes one applies it, the others wait and go on.
 * Returns how many this call applied.
 *
 * @throws ConfigError MIGRATION_EDITED when an applied migration differs from the one of the code,
 * DATABASE_NEWER when the schema is of a newer version than the code.
 */
export async function migrate(db: Db, options: MigrateOptions): Promise<number> {
  const { schema, migrations } = options
  checkNumbers(schema, migrations)
  const exists = await isManaged(db, schema)
  if (exists && nextMigration(options, await appliedTo(db, schema)) === undefined) return 0
  for (let applied = 0; ; applied++) {
    const isDone = await transaction(db, async (trx) => !(await applyNext(trx, options)))
    if (isDone) return applied
  }
}

/** Applies one migration; false when there is none left. */
async function applyNext(trx: Trx, options: MigrateOptions): Promise<boolean> {
  const { schema } = options
  await trx.query(sql`select pg_advisory_xact_lock(hashtextextended(${`millrace_migration ${schema}`}, 0))`)
  if (!(await isManaged(trx, schema))) await manage(trx, schema)
  const migration = nextMigration(options, await appliedTo(trx, schema))
  if (migration === undefined) return false
  options.onApply?.(migration)
  await trx.script(`set local statement_timeout = 0; set local search_path = ${sql.identifier(schema).text}`)
  await trx.script(migration.sql)
  const { id, name } = migration
  await trx.execute(sql`
    insert into ${table(schema)} (id, name, checksum) values (${id}, ${name}, ${checksumOf(migration)})`)
  return true
}

function nextMigration({ schema, migrations }: MigrateOptions, applied: readonly Applied[]): Migration | undefined {
  for (const { id, name, checksum } of applied) {
    const known = migrations[id - 1]
    if (known === undefined) {
      throw new ConfigError('DATABASE_NEWER', {
        message: `The schema "${schema}" of the database is at migration ${applied.length} and this version knows ${migrations.length}: a newer Millrace was here. Update this one, or give it another database.`,
        details: { schema, migration: `${id} ${name}` },
      })
    }
    if (known.name !== name || checksumOf(known) !== checksum) {
      throw new ConfigError('MIGRATION_EDITED', {
        message: `Migration ${id} "${known.name}" of the schema "${schema}" was applied as "${name}" with another text. Put its text back as it was, and make the change in a new migration.`,
        details: { schema, id, name },
      })
    }
  }
  return migrations[applied.length]
}

async function appliedTo(queryable: Queryable, schema: string): Promise<Applied[]> {
  return await queryable.query<Applied>(sql`select id, name, checksum from ${table(schema)} order by id`)
}

/** Reads the catalog: `to_regclass` may answer from before the wait for the lock. */
async function isManaged(queryable: Queryable, schema: string): Promise<boolean> {
  const { exists } = await queryable.one<{ exists: boolean }>(sql`
    select exists (select from pg_tables where schemaname = ${schema} and tablename = 'millrace_migration')`)
  return exists
}

async function manage(trx: Trx, schema: string): Promise<void> {
  await trx.script(`
    create schema if not exists ${sql.identifier(schema).text};
    create table ${table(schema).text} (
      id int primary key,
      name text not null,
      checksum text not null,
      applied_at timestamptz not null default now()
    )`)
}

function table(schema: string) {
  return sql.identifier(schema, 'millrace_migration')
}

/** The same on machines that check out text with other ends of lines. */
function checksumOf(migration: Migration): string {
  return createHash('sha256').update(migration.sql.replaceAll('\r\n', '\n')).digest('hex')
}

function checkNumbers(schema: string, migrations: readonly Migration[]): void {
  migrations.forEach(({ id, name }, index) => {
    if (id === index + 1) return
    throw new FatalError('MIGRATION_NUMBER_WRONG', {
      message: `Migration "${name}" of the schema "${schema}" has the number ${id}, and ${index + 1} is due. Number them from 1 without gaps.`,
    })
  })
}
