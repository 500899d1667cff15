import type { Queryable, Sql } from '@millrace/db'
import { lookUpTogether } from './look-up-together.ts'

type Read = 'query' | 'one' | 'maybe'

interface Shared {
  readonly ask: (key: string) => Promise<unknown>
  waiting: number
}

/**
 * Equal statements that are asked for at the same time are sent once, by the rule of `lookUpTogether`: every answer was read
 * after it was asked for, and nothing is remembered. For reads only, by callers who do not change the rows that they get.
 */
export function sharingReads(db: Queryable): Queryable {
  const asked = new Map<string, Shared>()

  const share = async (read: Read, statement: Sql): Promise<unknown> => {
    const key = JSON.stringify([read, statement.text, statement.values])
    const shared = asked.get(key) ?? {
      ask: lookUpTogether(async () => new Map([[key, await db[read](statement)]])),
      waiting: 0,
    }
    asked.set(key, shared)
    shared.waiting++
    try {
      return await shared.ask(key)
    } finally {
      if (--shared.waiting === 0) asked.delete(key)
    }
  }
  return {
    query: async <Row extends object>(statement: Sql) => (await share('query', statement)) as Row[],
    one: async <Row extends object>(statement: Sql) => (await share('one', statement)) as Row,
    maybe: async <Row extends object>(statement: Sql) => (await share('maybe', statement)) as Row | undefined,
    execute: (statement) => db.execute(statement),
  }
}
