import { FatalError } from '@millrace/core'
import type pg from 'pg'
import { databaseError } from './database-error.ts'
import type { AnyRow, Session } from './queryable.ts'
import type { Sql } from './sql.ts'
import type { StatementNames } from './statement-names.ts'

type Result = Pick<pg.QueryResult<AnyRow>, 'rows' | 'rowCount'>

/** A connection while somebody holds it. Statements wait for each other, as the protocol has it. */
export class ClientSession implements Session {
  readonly #client: pg.ClientBase
  readonly #names: StatementNames
  #last: Promise<unknown> = Promise.resolve()

  constructor(client: pg.ClientBase, names: StatementNames) {
    this.#client = client
    this.#names = names
  }

  async query<Row extends object = AnyRow>(statement: Sql): Promise<Row[]> {
    return (await this.#send(statement)).rows as Row[]
  }

  async one<Row extends object = AnyRow>(statement: Sql): Promise<Row> {
    return onlyRow((await this.#send(statement)).rows as Row[], statement)
  }

  async maybe<Row extends object = AnyRow>(statement: Sql): Promise<Row | undefined> {
    const { rows } = await this.#send(statement)
    return rows.length === 0 ? undefined : onlyRow(rows as Row[], statement)
  }

  async execute(statement: Sql): Promise<number> {
    return (await this.#send(statement)).rowCount ?? 0
  }

  async script(text: string): Promise<void> {
    await this.#inTurn(() => this.#client.query(text))
  }

  /** Whether a transaction was left open; such a connection is of no use to others. */
  get isInTransaction(): boolean {
    const status = this.#client.getTransactionStatus()
    return status !== null && status !== 'I'
  }

  async #send(statement: Sql): Promise<Result> {
    const { text, values } = statement
    return await this.#inTurn(async () => {
      const name = this.#names.of(text)
      const send = (name?: string) =>
        this.#client.query<AnyRow>({ text, values: [...values], ...(name === undefined ? {} : { name }) })
      try {
        return await send(name)
      } catch (error) {
        if (name === undefined || databaseError(error).code !== 'DATABASE_STATEMENT_LOST') throw error
        if ((error as { code?: string }).code === '0A000') this.#names.renew()
        else this.#names.turnOff()
        // A transaction is over with its first error. Otherwise nothing was executed, and it can be sent again.
        if (this.isInTransaction) throw error
        return await send()
      }
    })
  }

  async #inTurn<T>(send: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(send)
    this.#last = mine.catch(() => {})
    try {
      return await mine
    } catch (error) {
      throw databaseError(error)
    }
  }
}

function onlyRow<Row>(rows: readonly Row[], statement: Sql): Row {
  const [row, second] = rows
  if (row !== undefined && second === undefined) return row
  throw new FatalError('DATABASE_NOT_ONE_ROW', {
    message: `A statement returned ${rows.length} rows where one was expected: ${statement.text.trim().slice(0, 200)}`,
    details: { rows: rows.length },
  })
}
