import { FatalError } from '@millrace/core'
import { type Queryable, sql } from '@millrace/db'
import type { Authz, Caller, ObjectRef, Question } from './authz.ts'
import { conditionAmong, conditionOn } from './compile.ts'
import { platformRef } from './refs.ts'
import { changeRelations, forgetObject } from './relate.ts'
import { ruleOf } from './rules.ts'

/** Evaluates in the database of the objects themselves: what was related in a transaction counts in it at once. */
export function createAuthz(): Authz {
  return {
    async can(db, caller, permission, object) {
      const [allowed] = await answer(db, caller, [{ permission, object }])
      return allowed === true
    },
    canAll: answer,
    visible: (caller, permission, type, { id, ...columns }) => conditionAmong(caller, type, permission, id, columns),
    relate: changeRelations,
    forget: forgetObject,
  }
}

/** One statement, whose text depends on which permissions on which types are asked for, and on nothing else. */
async function answer(db: Queryable, caller: Caller, questions: readonly Question[]): Promise<readonly boolean[]> {
  const groups = new Map<string, { places: number[]; objects: ObjectRef[]; permission: string }>()
  const answers = questions.map(({ object, permission }, place) => {
    checkObject(object)
    if (ruleOf(object.type, permission).admins && caller.isAdmin) return true
    const name = `${object.type}.${permission}`
    const group = groups.get(name) ?? { places: [], objects: [], permission }
    groups.set(name, group)
    group.places.push(place)
    group.objects.push(object)
    return false
  })
  if (groups.size === 0) return answers
  const statements = [...groups].sort(byName).map(([, { places, objects, permission }]) => {
    const type = objects[0]?.type ?? 'user'
    const asked = objects.map(({ id }, at) => ({ id, place: places[at] }))
    // As JSON, whose length the planner cannot see: one plan is as good as another, and it keeps the first it made.
    return sql`
      select asked.place from jsonb_to_recordset(${sql.json(asked)}::jsonb) as asked (id text, place int)
      where ${conditionOn(caller, type, permission, sql`asked.id`)}`
  })
  for (const { place } of await db.query<{ place: number }>(sql.join(statements, ' union all '))) answers[place] = true
  return answers
}

/** The platform is one; a grant on another would mean that the caller of this has mixed up its ids. */
function checkObject({ type, id }: ObjectRef): void {
  if (type === 'platform' && id !== platformRef.id) {
    throw new FatalError('AUTHZ_OBJECT_INVALID', {
      message: `There is no platform "${id}"; the only one is "${platformRef.id}".`,
    })
  }
}

function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1
}
