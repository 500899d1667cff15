import { existsSync } from 'node:fs'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { bucketNotFound, storeFailed, storeUnavailable } from '@millrace/connectors/kit'
import { isMillraceError } from '@millrace/core'

type Row = Readonly<Record<string, unknown>>

/** What a client of the system would be: it sends what it is given, and puts failures into Millrace's words. */
export interface Bucket {
  all(sql: string, ...values: SQLInputValue[]): Row[]
  run(sql: string, ...values: SQLInputValue[]): void
  /** All of it or nothing, and nobody else in between. */
  atomic<T>(work: () => T): T
  close(): void
}

/** Content lies in parts, as stores take uploads; the parts of a version are an object's once its row names them. */
const tables = `
  PRAGMA page_size = 65536; PRAGMA journal_mode = WAL;
  CREATE TABLE objects (key TEXT PRIMARY KEY, size INTEGER, version TEXT, modified INTEGER);
  CREATE TABLE parts (version TEXT, start INTEGER, bytes BLOB, PRIMARY KEY (version, start));
  CREATE TRIGGER removed AFTER DELETE ON objects BEGIN DELETE FROM parts WHERE version = old.version; END`

export function createBucket(path: string): void {
  using database = new DatabaseSync(path)
  database.exec(tables)
}

/** @throws ConfigError `BUCKET_NOT_FOUND` */
export function openBucket(path: string): Bucket {
  const place = `bucket "${path}"`
  if (!existsSync(path)) throw bucketNotFound(place)
  const attempt = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      if (isMillraceError(error) || !(error instanceof Error)) throw error
      // What another try may mend is transient, and is tried again by whoever called.
      const busy = (error as { errcode?: number }).errcode === 5
      throw (busy ? storeUnavailable : storeFailed)(place, error.message, { cause: error })
    }
  }
  const database = attempt(() => {
    const opened = new DatabaseSync(path, { timeout: 30_000 })
    opened.exec('PRAGMA synchronous = NORMAL; SELECT count(*) FROM objects WHERE false')
    return opened
  })
  return {
    all: (sql, ...values) => attempt(() => database.prepare(sql).all(...values)),
    run: (sql, ...values) => attempt(() => void database.prepare(sql).run(...values)),
    atomic: (work) =>
      attempt(() => {
        database.exec('BEGIN IMMEDIATE')
        try {
          const result = work()
          database.exec('COMMIT')
          return result
        } catch (error) {
          if (database.isTransaction) database.exec('ROLLBACK')
          throw error
        }
      }),
    close: () => database.close(),
  }
}
