import { FatalError } from '@millrace/core'
import { type Sql, sql } from '@millrace/db'
import type { Caller, ObjectType } from './authz.ts'
import { platformRef } from './refs.ts'
import { hasRelation, isRelation, type Rule, ruleOf, subjectsOf } from './rules.ts'

type Columns = Readonly<Record<string, Sql>>

const nobody = sql`false`
const anybody = sql`true`

/** The condition that the caller has a permission on the object of this id, which may be a column: looks up what is related to that one. */
export function conditionOn(caller: Caller, type: ObjectType, permission: string, id: Sql): Sql {
  return oneOf(partsOn(caller, type, ruleOf(type, permission), id, 0))
}

/** The same for all rows of a statement: looks up once what the caller is related to, and looks for each row in that. */
export function conditionAmong(caller: Caller, type: ObjectType, permission: string, id: Sql, columns: Columns): Sql {
  for (const relation of Object.keys(columns)) {
    if (!isRelation(relation)) {
      throw new FatalError('AUTHZ_RELATION_UNKNOWN', {
        message: `A column stands for the relation "${relation}", and there is none of this name. Name it as the schema does.`,
      })
    }
  }
  return oneOf(partsAmong(caller, type, ruleOf(type, permission), id, columns))
}

function partsOn(caller: Caller, type: ObjectType, rule: Rule, id: Sql, depth: number): readonly Sql[] {
  if (rule.admins && caller.isAdmin) return [anybody]
  // Every level has a name of its own, because it speaks of the one around it.
  const r = sql.identifier(`r${depth}`)
  const parts: Sql[] = []
  const relations = matching(caller, type, rule.relations)
  if (relations.length > 0) {
    parts.push(sql`exists (
      select from authz.relation ${r}
      where ${r}.object_type = ${sql.literal(type)} and ${r}.object_id = ${id} and ${isOneOf(r, type, relations, caller)})`)
  }
  for (const { relation, type: target, rule: onTarget } of rule.arrows) {
    const inner = partsOn(caller, target, onTarget, sql`${r}.subject_id`, depth + 1)
    if (inner.length === 0) continue
    parts.push(sql`exists (
      select from authz.relation ${r}
      where ${r}.object_type = ${sql.literal(type)} and ${r}.object_id = ${id} and ${r}.relation = ${sql.literal(relation)} and ${r}.subject_type = ${sql.literal(target)}
        and ${oneOf(inner)})`)
  }
  for (const { from, without } of rule.differences) {
    const granted = partsOn(caller, type, from, id, depth)
    if (granted.length > 0) parts.push(butNot(granted, partsOn(caller, type, without, id, depth)))
  }
  if (rule.admins && mayBeAdmin(caller)) parts.push(isAdmin(caller))
  return parts
}

function partsAmong(caller: Caller, type: ObjectType, rule: Rule, id: Sql, columns: Columns): readonly Sql[] {
  if (rule.admins && caller.isAdmin) return [anybody]
  const parts: Sql[] = []
  const relations = matching(caller, type, rule.relations)
  for (const relation of relations) {
    const column = columns[relation]
    if (column !== undefined) parts.push(isWildcard(type, relation) ? column : sql`${column} = ${caller.id}`)
  }
  const others = relations.filter((relation) => columns[relation] === undefined)
  if (others.length > 0) parts.push(sql`${id} in (${objectsOf(caller, type, others)})`)
  for (const [relation, arrows] of Map.groupBy(rule.arrows, (arrow) => arrow.relation)) {
    const column = columns[relation]
    if (column === undefined) {
      for (const arrow of arrows) {
        const inner = partsAmong(caller, arrow.type, arrow.rule, sql`r.subject_id`, {})
        if (inner.length === 0) continue
        parts.push(sql`${id} in (
          select r.object_id from authz.relation r
          where r.object_type = ${sql.literal(type)} and r.relation = ${sql.literal(relation)}
            and r.subject_type = ${sql.literal(arrow.type)} and ${oneOf(inner)})`)
      }
    } else {
      // Ids differ between types, so that the column's is looked for among all that it may be.
      const inner = arrows.flatMap((arrow) =>
        partsAmong(caller, arrow.type, arrow.rule, column, onwards(type, columns)),
      )
      if (inner.length > 0) parts.push(sql`(${column} is not null and ${oneOf(inner)})`)
    }
  }
  for (const { from, without } of rule.differences) {
    const granted = partsAmong(caller, type, from, id, columns)
    if (granted.length > 0) parts.push(butNot(granted, partsAmong(caller, type, without, id, columns)))
  }
  if (rule.admins && mayBeAdmin(caller)) parts.push(isAdmin(caller))
  return parts
}

/** Ids of the objects of a type that one of the relations leads from to the caller. */
export function objectsOf(caller: Caller, type: ObjectType, relations: readonly string[]): Sql {
  const r = sql.identifier('r')
  return sql`
    select r.object_id from authz.relation r
    where r.object_type = ${sql.literal(type)} and ${isOneOf(r, type, relations, caller)}`
}

/** The relations that may lead to somebody like the caller at all. */
function matching(caller: Caller, type: ObjectType, relations: readonly string[]): string[] {
  const kind = subjectTypeOf(caller)
  return relations.filter((relation) => subjectsOf(type, relation).some((subject) => subject.type === kind))
}

function isWildcard(type: ObjectType, relation: string): boolean {
  return subjectsOf(type, relation).every((subject) => subject.wildcard)
}

/** That a row is one of these relations to the caller, by name or as everybody. */
function isOneOf(r: Sql, type: ObjectType, relations: readonly string[], caller: Caller): Sql {
  const names = sql.join(relations.map((relation) => sql.literal(relation)))
  const everybody = relations.some((relation) => subjectsOf(type, relation).some(({ wildcard }) => wildcard))
  const ids = caller.kind === 'anonymous' ? sql`'*'` : everybody ? sql`${caller.id}, '*'` : sql`${caller.id}`
  return sql`${r}.relation in (${names}) and ${r}.subject_type = ${sql.literal(subjectTypeOf(caller))} and ${r}.subject_id in (${ids})`
}

function subjectTypeOf(caller: Caller): ObjectType {
  return caller.kind === 'anonymous' ? 'anonymous_user' : 'user'
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

/** Columns for relations that this type does not have are about the object that the row's relation leads to. */
function onwards(type: ObjectType, columns: Columns): Columns {
  return Object.fromEntries(Object.entries(columns).filter(([relation]) => !hasRelation(type, relation)))
}

function butNot(granted: readonly Sql[], without: readonly Sql[]): Sql {
  return without.length === 0 ? oneOf(granted) : sql`(${oneOf(granted)} and not ${oneOf(without)})`
}

function oneOf(parts: readonly Sql[]): Sql {
  if (parts.length === 0) return nobody
  const different = new Map(parts.map((part) => [JSON.stringify([part.text, part.values]), part]))
  return sql`(${sql.join([...different.values()], ' or ')})`
}
