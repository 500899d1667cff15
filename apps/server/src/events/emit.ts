import { sql, type Trx } from '@millrace/db'
import type { EventPayloads, EventType } from './types.ts'

/** Tells an event when the transaction is committed, and only then. Events with the same key arrive in order. */
export async function emitEvent<Type extends EventType>(
  trx: Trx,
  type: Type,
  payload: EventPayloads[Type],
): Promise<void> {
  await trx.execute(sql`
    insert into events.event (type, key, payload, request_id)
    values (${type}, ${keyOf(payload)}, ${sql.json(payload)}, nullif(current_setting('millrace.request_id', true), ''))`)
  await trx.execute(sql`select pg_notify('millrace_events', '')`)
}

/** The entity that the event is about; those of its members are in its order. */
function keyOf(payload: EventPayloads[EventType]): string {
  if ('projectId' in payload) return payload.projectId
  if ('groupId' in payload) return payload.groupId
  return payload.id
}
