import { sql, type Trx } from '@millrace/db'
import type { EventPayloads, EventType } from './types.ts'

/** Tells senders that there is something; they also look by themselves. */
export const eventChannel = 'millrace_events'

/**
 * Tells an event when the transaction is committed, and only then. Events with the same key arrive in the order of their
 * commits: from the first one on, other transactions wait with theirs for the same key.
 */
export async function emitEvent<Type extends EventType>(
  trx: Trx,
  type: Type,
  payload: EventPayloads[Type],
): Promise<void> {
  const key = keyOf(payload)
  await trx.execute(sql`
    with turn as materialized (select pg_advisory_xact_lock(hashtextextended('event ' || ${key}::text, 0))),
    event as (
      insert into events.event (type, key, payload, request_id)
      select ${type}, ${key}, ${sql.json(payload)}::jsonb, nullif(current_setting('millrace.request_id', true), '')
      from turn
      returning id
    )
    select pg_notify(${eventChannel}, '') from event`)
}

/** The entity that the event is about; those of its members are in its order. */
function keyOf(payload: EventPayloads[EventType]): string {
  if ('projectId' in payload) return payload.projectId
  if ('groupId' in payload) return payload.groupId
  return payload.id
}
