import { sql, type Trx } from '@millrace/db'
import type { Json } from '@millrace/workflow'

/** What somebody did, beside changes of rows that triggers note. */
export interface Deed {
  readonly entity: string
  readonly entityId: string
  readonly action: 'insert' | 'update'
  /** `project_id` in one of them says whose owners see the entry. */
  readonly before: Readonly<Record<string, Json>> | null
  readonly after: Readonly<Record<string, Json>>
}

/** Within a `change`, which says who it was. */
export async function noteDeed(trx: Trx, { entity, entityId, action, before, after }: Deed): Promise<void> {
  await trx.execute(sql`
    with deed as (select ${before === null ? null : sql.json(before)}::jsonb as before, ${sql.json(after)}::jsonb as after)
    insert into audit.event (actor, request_id, entity, entity_id, action, before, after, scopes)
    select current_setting('millrace.actor'), nullif(current_setting('millrace.request_id', true), ''), ${entity}, ${entityId},
      ${action}, before, after,
      array(select audit.scopes(${entity}, before) union select audit.scopes(${entity}, after))
    from deed`)
}
