import { FatalError } from '@millrace/core'
import { type Sql, sql } from '@millrace/db'
import type { Caller, ObjectType } from './authz.ts'
import { platformRef } from './refs.ts'
import { hasRelation, isRelation, type Rule, ruleOf, subjectsOf } from './rules.ts'

type Columns = Readonly<Record<string, Sql>>

interface Scope {
  readonly caller: Caller
  /** At the end of every look-up. */
  readonly fence: Sql
}

const anybody = sql`true`

/**
 * The condition that the caller has a permission on the object of this id, which may be a column. It looks up what that object is
 * related to, whatever else the caller is related to: `offset 0` keeps the planner from reading all of the latter beforehand.
 */
export function conditionOn(caller: Caller, type: ObjectType, permission: string, id: Sql): Sql {
  return oneOf(partsOf({ caller, fence: sql`offset 0` }, type, ruleOf(type, permission), id, {}))
}

/** The same for the rows of a statement, few or many: the planner looks up each one, or once all that the caller is related to. */
export function conditionAmong(caller: Caller, type: ObjectType, permission: string, id: Sql, columns: Columns): Sql {
  for (const relation of Object.keys(columns)) {
    if (!isRelation(relation)) {
      throw new FatalError('AUTHZ_RELATION_UNKNOWN', {
        message: `A column stands for the relation "${relation}", and there is none of this name. Name it as the schema does.`,
      })
    }
  }
  return oneOf(partsOf({ caller, fence: sql`` }, type, ruleOf(type, permission), id, columns))
}

/** Conditions of which one has to hold; none when nobody like the caller can have the permission. */
function partsOf(scope: Scope, type: ObjectType, rule: Rule, id: Sql, columns: Columns, depth = 0): readonly Sql[] {
  const { caller, fence } = scope
  if (rule.admins && caller.isAdmin) return [anybody]
  const parts: Sql[] = []
  // Every level has a name of its own, because it speaks of the one around it.
  const r = sql.identifier(`r${depth}`)
  const relations = matching(caller, type, rule.relations)
  for (const relation of relations) {
    const column = columns[relation]
    if (column !== undefined) parts.push(isWildcard(type, relation) ? column : sql`${column} = ${caller.id}`)
  }
  const stored = relations.filter((relation) => columns[relation] === undefined)
  if (stored.length > 0) {
    parts.push(sql`exists (
      select from authz.relation ${r}
      where ${r}.object_id = ${id} and ${leadsToCaller(caller, r, type, stored)} ${fence})`)
  }
  for (const [relation, arrows] of Map.groupBy(rule.arrows, (arrow) => arrow.relation)) {
    const column = columns[relation]
    if (column !== undefined) {
      // Ids differ between types, so that the column's is looked for in all that it may be.
      const targets = arrows.flatMap((arrow) => {
        return partsOf(scope, arrow.type, arrow.rule, column, onwards(type, columns), depth)
      })
      if (targets.length > 0) parts.push(sql`(${column} is not null and ${oneOf(targets)})`)
      continue
    }
    const targets = arrows.flatMap((arrow) => {
      const inner = partsOf(scope, arrow.type, arrow.rule, sql`${r}.subject_id`, {}, depth + 1)
      return inner.length === 0 ? [] : [sql`(${r}.subject_type = ${sql.literal(arrow.type)} and ${oneOf(inner)})`]
    })
    if (targets.length === 0) continue
    parts.push(sql`exists (
      select from authz.relation ${r}
      where ${r}.object_id = ${id} and ${r}.object_type = ${sql.literal(type)} and ${r}.relation = ${sql.literal(relation)}
        and ${oneOf(targets)} ${fence})`)
  }
  for (const { from, without } of rule.differences) {
    const granted = partsOf(scope, type, from, id, columns, depth)
    const taken = partsOf(scope, type, without, id, columns, depth)
    if (granted.length > 0)
      parts.push(taken.length === 0 ? oneOf(granted) : sql`(${oneOf(granted)} and not ${oneOf(taken)})`)
  }
  if (rule.admins && mayBeAdmin(caller)) parts.push(isAdmin(caller))
  return parts
}

/** Ids of the objects of a type that one of the relations leads from to the caller. */
export function objectsOf(caller: Caller, type: ObjectType, relations: readonly string[]): Sql {
  return sql`select r.object_id from authz.relation r where ${leadsToCaller(caller, sql`r`, type, relations)}`
}

/** That a row of `authz.relation` is one of these relations to the caller, by name or as everybody. */
function leadsToCaller(caller: Caller, r: Sql, type: ObjectType, relations: readonly string[]): Sql {
  const names = sql.join(relations.map((relation) => sql.literal(relation)))
  const everybody = relations.some((relation) => subjectsOf(type, relation).some(({ wildcard }) => wildcard))
  const ids = caller.kind === 'anonymous' ? sql`'*'` : everybody ? sql`${caller.id}, '*'` : sql`${caller.id}`
  return sql`${r}.object_type = ${sql.literal(type)} and ${r}.relation in (${names})
        and ${r}.subject_type = ${sql.literal(subjectTypeOf(caller))} and ${r}.subject_id in (${ids})`
}

/** What is not said to be an administrator by the sign-in can be one by relation; a token for less than everything never is. */
export function mayBeAdmin(caller: Caller): boolean {
  return caller.kind === 'user' && caller.via !== 'internal' && (caller.scopes?.includes('admin') ?? true)
}

export function isAdmin(caller: Caller): Sql {
  return sql`exists (
    select from authz.relation r
    where r.object_type = 'platform' and r.object_id = ${sql.literal(platformRef.id)} and r.relation = 'admin'
      and r.subject_type = 'user' and r.subject_id = ${caller.id})`
}

/** The relations that may lead to somebody like the caller at all. */
function matching(caller: Caller, type: ObjectType, relations: readonly string[]): string[] {
  const kind = subjectTypeOf(caller)
  return relations.filter((relation) => subjectsOf(type, relation).some((subject) => subject.type === kind))
}

function isWildcard(type: ObjectType, relation: string): boolean {
  return subjectsOf(type, relation).every((subject) => subject.wildcard)
}

function subjectTypeOf(caller: Caller): ObjectType {
  return caller.kind === 'anonymous' ? 'anonymous_user' : 'user'
}

/** Columns for relations that this type does not have are about the object that the row's relation leads to. */
function onwards(type: ObjectType, columns: Columns): Columns {
  return Object.fromEntries(Object.entries(columns).filter(([relation]) => !hasRelation(type, relation)))
}

function oneOf(parts: readonly Sql[]): Sql {
  if (parts.length === 0) return sql`false`
  const different = parts.filter((part, at) => !parts.slice(0, at).some((before) => isSame(before, part)))
  return sql`(${sql.join(different, ' or ')})`
}

function isSame(left: Sql, right: Sql): boolean {
  return (
    left.values.length === right.values.length &&
    left.text === right.text &&
    left.values.every((value, at) => value === right.values[at])
  )
}
