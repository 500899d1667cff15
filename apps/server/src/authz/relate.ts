import { FatalError } from '@millrace/core'
import { type Sql, sql, type Trx } from '@millrace/db'
import type { ObjectRef, Relation } from './authz.ts'
import { isImplied, subjectsOf } from './rules.ts'

export interface RelationChanges {
  readonly add?: readonly Relation[]
  readonly remove?: readonly Relation[]
}

/**
 * Removes, then adds.
 *
 * @throws FatalError AUTHZ_TYPE_UNKNOWN, AUTHZ_RELATION_UNKNOWN, AUTHZ_SUBJECT_INVALID, AUTHZ_OBJECT_INVALID for what the schema does not have.
 */
export async function changeRelations(trx: Trx, { add = [], remove = [] }: RelationChanges): Promise<void> {
  const removed = remove.filter(isStored)
  const added = add.filter(isStored)
  if (removed.length > 0) {
    await trx.execute(sql`
      delete from authz.relation r using (${rowsOf(removed)}) gone
      where (r.object_type, r.object_id, r.relation, r.subject_type, r.subject_id)
        = (gone.object_type, gone.object_id, gone.relation, gone.subject_type, gone.subject_id)`)
  }
  if (added.length > 0) {
    // In the order of the key: two that add the same relations wait for each other, and never both.
    await trx.execute(sql`
      insert into authz.relation (object_type, object_id, relation, subject_type, subject_id)
      ${rowsOf(added)} order by 1, 2, 3, 4, 5
      on conflict do nothing`)
  }
}

/** Removes every relation of an object, as object and as subject. */
export async function forgetObject(trx: Trx, { type, id }: ObjectRef): Promise<void> {
  await trx.execute(sql`
    delete from authz.relation
    where (object_type = ${type} and object_id = ${id}) or (subject_type = ${type} and subject_id = ${id})`)
}

function rowsOf(relations: readonly Relation[]): Sql {
  return sql`
    select * from unnest(
      ${relations.map(({ object }) => object.type)}::text[], ${relations.map(({ object }) => object.id)}::text[],
      ${relations.map(({ relation }) => relation)}::text[],
      ${relations.map(({ subject }) => subject.type)}::text[], ${relations.map(({ subject }) => subject.id)}::text[]
    ) as row (object_type, object_id, relation, subject_type, subject_id)`
}

/** Checks a relation against the schema; those that everything has to the platform are not stored. */
function isStored({ object, relation, subject }: Relation): boolean {
  const allowed = subjectsOf(object.type, relation)
  if (!allowed.some(({ type, wildcard }) => type === subject.type && wildcard === (subject.id === '*'))) {
    const known = allowed.map(({ type, wildcard }) => (wildcard ? `every ${type} ("*")` : `a ${type} by its id`))
    throw new FatalError('AUTHZ_SUBJECT_INVALID', {
      message: `The relation ${relation} of a ${object.type} leads to ${known.join(' or ')}, not to ${subject.type} "${subject.id}".`,
      details: { object, relation, subject },
    })
  }
  if (object.id === '' || object.id === '*' || subject.id === '') {
    throw new FatalError('AUTHZ_OBJECT_INVALID', {
      message: `The relation ${relation} of a ${object.type} needs the ids of both its ends; they are "${object.id}" and "${subject.id}".`,
      details: { object, relation, subject },
    })
  }
  return !isImplied(object.type, relation)
}
