import type { Queryable, Sql } from '@millrace/db'

type Read = 'query' | 'one' | 'maybe'

interface Turn {
  running: Promise<unknown>
  next: Promise<unknown> | null
}

/**
 * Equal statements that are asked for at the same time are sent once: who asks while one is under way waits for the next, which
 * all who came meanwhile share. So every answer was read after it was asked for, and nothing is remembered. For reads only, by
 * callers who do not change the rows that they get.
 */
export function sharingReads(db: Queryable): Queryable {
  const turns = new Map<string, Turn>()

  const begin = (turn: Turn, key: string, send: () => Promise<unknown>): Promise<unknown> => {
    const running = send()
    turn.running = running
    const end = () => {
      if (turn.next === null) turns.delete(key)
    }
    running.then(end, end)
    return running
  }
  const shared = async (read: Read, statement: Sql): Promise<unknown> => {
    const key = JSON.stringify([read, statement.text, statement.values])
    const send = () => db[read](statement)
    const turn = turns.get(key)
    if (turn === undefined) {
      const first: Turn = { running: Promise.resolve(), next: null }
      turns.set(key, first)
      return await begin(first, key, send)
    }
    turn.next ??= turn.running
      .catch(() => {})
      .then(() => {
        turn.next = null
        return begin(turn, key, send)
      })
    return await turn.next
  }
  return {
    query: async <Row extends object>(statement: Sql) => (await shared('query', statement)) as Row[],
    one: async <Row extends object>(statement: Sql) => (await shared('one', statement)) as Row,
    maybe: async <Row extends object>(statement: Sql) => (await shared('maybe', statement)) as Row | undefined,
    execute: (statement) => db.execute(statement),
  }
}
