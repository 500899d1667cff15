import { FatalError, isMillraceError, type MillraceError, retry, TransientError } from '@millrace/core'
import { databaseError } from './database-error.ts'
import type { AnyRow, Db, Session, Trx } from './queryable.ts'
import type { Sql } from './sql.ts'

export interface TransactionOptions {
  /** Default `read committed`. */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable'
  /** How often the work is done again after it lost against another transaction. Default 5. */
  readonly retries?: number
}

/** What was rolled back for a reason that another try can be free of. */
const repeatable = new Set([
  'DATABASE_SERIALIZATION_FAILURE',
  'DATABASE_DEADLOCK',
  'DATABASE_STATEMENT_LOST',
  'DATABASE_CONNECTION_LOST',
])

/**
 * Runs the work in a transaction and commits it; rolls it back when the work throws. Work that lost against
 * another transaction, or lost its connection before the commit, is done again from its start: it must have
 * no effects but those on the database.
 *
 * @throws TransientError DATABASE_COMMIT_UNKNOWN when the connection was lost during the commit: only a look
 * at the database can tell whether it happened.
 * @throws FatalError DATABASE_TRANSACTION_FAILED when a statement failed and the work went on as if it had not.
 */
export async function transaction<Result>(
  db: Db,
  work: (trx: Trx) => Promise<Result>,
  options: TransactionOptions = {},
): Promise<Result> {
  const begin = options.isolation === undefined ? 'begin' : `begin isolation level ${options.isolation}`
  return await retry(async () => await db.session(async (session) => await attempt(session, begin, work)), {
    retries: options.retries ?? 5,
    minDelayMs: 5,
    maxDelayMs: 200,
    shouldRetry: isRepeatable,
  })
}

function isRepeatable(error: unknown): boolean {
  return isMillraceError(error) && repeatable.has(error.code)
}

async function attempt<Result>(session: Session, begin: string, work: (trx: Trx) => Promise<Result>): Promise<Result> {
  await session.script(begin)
  const trx = new OpenTransaction(session)
  let result: Result
  try {
    result = await work(trx)
  } catch (error) {
    const failure = await trx.end('rollback')
    // Work that wraps errors does not hide that another try can help.
    throw isRepeatable(failure) ? failure : error
  }
  const failure = await trx.end('commit')
  if (failure === undefined) return result
  if (isRepeatable(failure)) throw failure
  throw new FatalError('DATABASE_TRANSACTION_FAILED', {
    message: `A transaction was rolled back, since a statement in it failed and its work went on: ${failure.message}`,
    cause: failure,
  })
}

class OpenTransaction implements Trx {
  readonly inTransaction = true
  readonly #session: Session
  #isOver = false
  /** The first refusal by the server, after which it executes nothing more in this transaction. */
  #failure: MillraceError | undefined

  constructor(session: Session) {
    this.#session = session
  }

  query<Row extends object = AnyRow>(statement: Sql): Promise<Row[]> {
    return this.#run(() => this.#session.query<Row>(statement))
  }

  one<Row extends object = AnyRow>(statement: Sql): Promise<Row> {
    return this.#run(() => this.#session.one<Row>(statement))
  }

  maybe<Row extends object = AnyRow>(statement: Sql): Promise<Row | undefined> {
    return this.#run(() => this.#session.maybe<Row>(statement))
  }

  execute(statement: Sql): Promise<number> {
    return this.#run(() => this.#session.execute(statement))
  }

  script(text: string): Promise<void> {
    return this.#run(() => this.#session.script(text))
  }

  /** Commits only what had no failure; returns the failure that there was. */
  async end(how: 'commit' | 'rollback'): Promise<MillraceError | undefined> {
    this.#isOver = true
    if (how === 'commit' && this.#failure === undefined) {
      await this.#session.script('commit').catch((error) => {
        throw isUncertain(error) ? unknownCommit(error) : error
      })
    } else {
      // A connection that cannot even roll back is thrown away by the pool, and the server rolls back then.
      await this.#session.script('rollback').catch(() => {})
    }
    return this.#failure
  }

  async #run<T>(send: () => Promise<T>): Promise<T> {
    if (this.#isOver) {
      throw new FatalError('DATABASE_TRANSACTION_OVER', {
        message: 'A statement was sent through a transaction that is over. Await every statement within the work.',
      })
    }
    try {
      return await send()
    } catch (error) {
      const known = databaseError(error)
      if ('sqlState' in known.details || known.code === 'DATABASE_CONNECTION_LOST') this.#failure ??= known
      throw known
    }
  }
}

/** Whether the server may have received the commit and answered into the void. */
function isUncertain(error: unknown): boolean {
  return isMillraceError(error) && error.code === 'DATABASE_CONNECTION_LOST' && error.details.sent !== false
}

function unknownCommit(cause: unknown): TransientError {
  return new TransientError('DATABASE_COMMIT_UNKNOWN', {
    message: 'The connection to the database was lost during a commit, which may or may not have happened.',
    cause,
  })
}
