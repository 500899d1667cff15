import type { Queryable, Sql, Trx } from '@millrace/db'
import type { AnonymousPrincipal, UserPrincipal } from '../principals.ts'

export type ObjectType =
  | 'user'
  | 'anonymous_user'
  | 'platform'
  | 'group'
  | 'user_namespace'
  | 'project'
  | 'data_connector'
  | 'resource_pool'

export type Caller = UserPrincipal | AnonymousPrincipal

export interface ObjectRef {
  readonly type: ObjectType
  readonly id: string
}

export interface Relation {
  readonly object: ObjectRef
  readonly relation: string
  readonly subject: ObjectRef
}

export interface Question {
  readonly object: ObjectRef
  readonly permission: string
}

/**
 * Who may do what. The schema that it answers by is declared in `schema.ts`; this one evaluates it in the database of
 * the objects themselves, another may ask an engine elsewhere.
 */
export interface Authz {
  /**
   * Whether the caller has the permission. An object that nobody related to anything grants nothing, except to administrators; a type
   * or permission that the schema does not have is an error, for them too.
   */
  can(db: Queryable, caller: Caller, permission: string, object: ObjectRef): Promise<boolean>
  /** The same for many, in one statement; answers in the order of the questions. */
  canAll(db: Queryable, caller: Caller, questions: readonly Question[]): Promise<readonly boolean[]>
  /**
   * A condition for the `where` of a statement that reads objects: those that the caller has the permission on. `id` is the
   * column with the object's id. Columns that stand for relations make it cheap: the id of the one related object
   * (`project_namespace: sql\`p.namespace_id\``), or for a wildcard relation a boolean (`public_viewer: sql\`p.visibility = 'public'\``).
   * Relations that the type itself does not have are those of the object that its own column leads to: a list of data connectors has
   * `data_connector_namespace`, and `project_namespace` of the project that a connector is in. They have to equal the relations.
   */
  visible(
    caller: Caller,
    permission: string,
    type: ObjectType,
    columns: { readonly id: Sql; readonly [relation: string]: Sql },
  ): Sql
  /** Adds and removes relations in the transaction of the change that they belong to; what is there already, or gone already, is fine. */
  relate(
    trx: Trx,
    changes: { readonly add?: readonly Relation[]; readonly remove?: readonly Relation[] },
  ): Promise<void>
  /** Removes every relation of an object, as object and as subject. */
  forget(trx: Trx, object: ObjectRef): Promise<void>
}
