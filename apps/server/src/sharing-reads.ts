import { type AnyRow, type Queryable, type Sql, sql } from '@millrace/db'
import { lookUpTogether } from './look-up-together.ts'

export interface SharedReads extends Queryable {
  /**
   * Rows of a statement about one key, in no order. Statements of one name that are asked for at the same time are sent as one.
   *
   * @param name All that the statement follows from beside the key: what is asked, by which `rightsOf` a caller, with which values.
   * @param statementOf Given an expression that stands for the key.
   */
  about<Row extends object = AnyRow>(
    name: readonly unknown[],
    key: string,
    statementOf: (key: Sql) => Sql,
  ): Promise<readonly Row[]>
  /**
   * Reads, and what is made of them, that have one name: those that are asked for at the same time are done once. The outcome is
   * frozen, because several get it.
   *
   * @param name All that the outcome follows from beside the database: what is asked, by which `rightsOf` a caller, with which values.
   */
  once<Outcome extends object>(name: readonly unknown[], work: () => Promise<Outcome>): Promise<Readonly<Outcome>>
}

type Read = 'query' | 'one' | 'maybe'
type Find = (keys: readonly string[]) => Promise<ReadonlyMap<string, unknown>>

/**
 * Equal statements that are asked for at the same time are sent once, by the rule of `lookUpTogether`: every answer was read
 * after it was asked for, and nothing is remembered. For reads only, by callers who do not change the rows that they get.
 */
export function sharingReads(db: Queryable): SharedReads {
  const asked = new Map<string, { readonly ask: (key: string) => Promise<unknown>; waiting: number }>()

  const share = async (name: string, key: string, find: Find) => {
    const shared = asked.get(name) ?? { ask: lookUpTogether(find), waiting: 0 }
    asked.set(name, shared)
    shared.waiting++
    try {
      return await shared.ask(key)
    } finally {
      if (--shared.waiting === 0) asked.delete(name)
    }
  }
  const read = (way: Read, statement: Sql) =>
    share(`${way} ${JSON.stringify(statement.values)} ${statement.text}`, '', async () => {
      return new Map([['', await db[way](statement)]])
    })

  return {
    query: async <Row extends object>(statement: Sql) => (await read('query', statement)) as Row[],
    one: async <Row extends object>(statement: Sql) => (await read('one', statement)) as Row,
    maybe: async <Row extends object>(statement: Sql) => (await read('maybe', statement)) as Row | undefined,
    execute: (statement) => db.execute(statement),
    once: async <Outcome extends object>(name: readonly unknown[], work: () => Promise<Outcome>) => {
      const find = async () => new Map([['', Object.freeze(await work())]])
      return (await share(`once ${JSON.stringify(name)}`, '', find)) as Readonly<Outcome>
    },
    async about<Row extends object>(name: readonly unknown[], key: string, statementOf: (key: Sql) => Sql) {
      const find = async (keys: readonly string[]) => await findEach(db, statementOf(sql`asked.key`), keys)
      const found = await share(`about ${JSON.stringify(name)}`, key, find)
      return await (found as () => Promise<readonly Row[]>)()
    },
  }
}

/** What a key alone makes fail is no matter of the others. */
async function findEach(
  db: Queryable,
  statement: Sql,
  keys: readonly string[],
): Promise<ReadonlyMap<string, () => Promise<readonly AnyRow[]>>> {
  const answers = new Map<string, () => Promise<readonly AnyRow[]>>()
  try {
    const byKey = await findAll(db, statement, keys)
    for (const [key, rows] of byKey) answers.set(key, async () => rows)
  } catch (error) {
    for (const key of keys) {
      answers.set(key, async () => {
        if (keys.length === 1) throw error
        return (await findAll(db, statement, [key])).get(key) ?? []
      })
    }
  }
  return answers
}

/** Values that the planner cannot see: how many keys there are is no reason for another plan. `offset 0`: nor for one that looks beyond them. */
async function findAll(db: Queryable, statement: Sql, keys: readonly string[]): Promise<Map<string, AnyRow[]>> {
  const rows = await db.query<{ readonly asked_place: number } & AnyRow>(sql`
    select asked.place as asked_place, found.*
    from unnest((select ${keys}::text[])) with ordinality as asked (key, place)
    cross join lateral (select * from (${statement}) as one offset 0) as found`)
  const byPlace = keys.map((): AnyRow[] => [])
  for (const { asked_place, ...row } of rows) byPlace[asked_place - 1]?.push(row)
  return new Map(keys.map((key, at) => [key, byPlace[at] ?? []]))
}
