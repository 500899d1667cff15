import { type Queryable, type Sql, sql } from '@millrace/db'
import { type Page, readPage } from '../read-page.ts'

/** A change of something that people configure. */
export interface AuditEvent {
  readonly id: number
  readonly at: Date
  readonly actor: string
  readonly request_id: string | null
  readonly entity: string
  readonly entity_id: string
  readonly action: 'insert' | 'update' | 'delete' | 'read'
  /** The row, without what is never shown; null when there was none. */
  readonly before: Readonly<Record<string, unknown>> | null
  readonly after: Readonly<Record<string, unknown>> | null
}

export interface AuditFilter {
  readonly entity?: string | undefined
  readonly entityId?: string | undefined
  readonly actor?: string | undefined
  readonly from?: Date | undefined
  /** Not included. */
  readonly to?: Date | undefined
  /** `project:ID` or `namespace:ID`: that one and what belongs to it. */
  readonly scope?: string | undefined
}

/** The newest first. */
export async function listAuditEvents(
  db: Queryable,
  filter: AuditFilter,
  range: { readonly limit: number; readonly offset: number },
): Promise<Page<AuditEvent>> {
  const where = conditionOf(filter)
  return await readPage<AuditEvent>(db, {
    rows: sql`
      select id, at, actor, request_id, entity, entity_id, action, before, after
      from audit.event where ${where} order by id desc limit ${range.limit} offset ${range.offset}`,
    total: sql`(select count(*) from audit.event where ${where})`,
  })
}

function conditionOf({ entity, entityId, actor, from, to, scope }: AuditFilter): Sql {
  const conditions = [
    ...(entity === undefined ? [] : [sql`entity = ${entity}`]),
    ...(entityId === undefined ? [] : [sql`entity_id = ${entityId}`]),
    ...(actor === undefined ? [] : [sql`actor = ${actor}`]),
    ...(from === undefined ? [] : [sql`at >= ${from}`]),
    ...(to === undefined ? [] : [sql`at < ${to}`]),
    ...(scope === undefined ? [] : [sql`scopes @> ${[scope]}::text[]`]),
  ]
  return conditions.length === 0 ? sql`true` : sql.join(conditions, ' and ')
}
